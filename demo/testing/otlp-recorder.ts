import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { type Fields, readFields, readText, type Wire } from './protobuf-fields.ts'

/** Attribute values as far as the tests look at them: strings and whole numbers. */
export type Values = Readonly<Record<string, string | number>>

export interface RecordedSpan {
  readonly service: string
  readonly resource: Values
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly startUnixNano: bigint
  readonly endUnixNano: bigint
  readonly attributes: Values
  /** Span ids of the links. */
  readonly links: readonly string[]
}

export interface RecordedLine {
  readonly service: string
  readonly traceId: string
  readonly severity: string
  readonly body: string
  readonly attributes: Values
}

/** An OTLP/HTTP receiver that keeps what it was sent. */
export interface OtlpRecorder {
  readonly url: string
  readonly spans: RecordedSpan[]
  readonly lines: RecordedLine[]
  /** Names of metrics, with the service before a slash. */
  readonly metrics: Set<string>
  /** Resolves when the condition holds; asked again after every request. Rejects after `limitMs`. */
  until(what: string, condition: () => boolean, limitMs?: number): Promise<void>
  close(): void
}

/** Field numbers are those of opentelemetry-proto 1.x: trace, logs, metrics, common and resource. */
export async function startOtlpRecorder(): Promise<OtlpRecorder> {
  const spans: RecordedSpan[] = []
  const lines: RecordedLine[] = []
  const metrics = new Set<string>()
  const watchers = new Set<() => void>()
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const sent = Buffer.concat(parts)
      const fields = readFields(request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent)
      if (request.url === '/v1/traces') spans.push(...eachRecord(fields).map(toSpan))
      if (request.url === '/v1/logs') lines.push(...eachRecord(fields).map(toLine))
      if (request.url === '/v1/metrics')
        for (const { service, record } of eachRecord(fields)) metrics.add(`${service}/${readText(record, 1)}`)
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
      for (const watcher of [...watchers]) watcher()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, lines, metrics },
    until(what, condition, limitMs = 15_000) {
      return new Promise((resolve, reject) => {
        const settle = (finish: () => void) => {
          clearTimeout(timer)
          watchers.delete(look)
          finish()
        }
        const look = () => condition() && settle(resolve)
        const timer = setTimeout(
          () => settle(() => reject(new Error(`not seen within ${limitMs} ms: ${what}`))),
          limitMs,
        )
        watchers.add(look)
        look()
      })
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

interface Found {
  readonly service: string
  readonly resource: Values
  readonly record: Fields
}

/** All three requests nest alike: resource (1) and scopes (2) in the first field, records (2) in each scope. */
function eachRecord(request: Fields): Found[] {
  return all(request, 1).flatMap((group) => {
    const resource = readValues(all(group, 1).flatMap((fields) => all(fields, 1)))
    const service = String(resource['service.name'])
    return all(group, 2).flatMap((scope) => all(scope, 2).map((record) => ({ service, resource, record })))
  })
}

function toSpan({ service, resource, record }: Found): RecordedSpan {
  return {
    ...{ service, resource, name: readText(record, 5), kind: Number(one(record, 6) ?? 0) },
    ...{ traceId: hex(record, 1), spanId: hex(record, 2), parentSpanId: hex(record, 4) },
    ...{ startUnixNano: BigInt(one(record, 7) as bigint), endUnixNano: BigInt(one(record, 8) as bigint) },
    attributes: readValues(all(record, 9)),
    links: all(record, 13).map((link) => hex(link, 2)),
  }
}

function toLine({ service, record }: Found): RecordedLine {
  const body = all(record, 5)[0]
  return {
    ...{ service, traceId: hex(record, 9), severity: readText(record, 3) },
    body: body === undefined ? '' : readText(body, 1),
    attributes: readValues(all(record, 6)),
  }
}

function readValues(pairs: readonly Fields[]): Values {
  return Object.fromEntries(
    pairs.map((pair) => {
      const value = all(pair, 2)[0] ?? new Map()
      const whole = one(value, 3)
      return [readText(pair, 1), whole === undefined ? readText(value, 1) : Number(whole)]
    }),
  )
}

function one(fields: Fields, number: number): Wire | undefined {
  return fields.get(number)?.[0]
}

function all(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).map((value) => readFields(value as Buffer))
}

function hex(fields: Fields, number: number): string {
  const value = one(fields, number)
  return Buffer.isBuffer(value) ? value.toString('hex') : ''
}
