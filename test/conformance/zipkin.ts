import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { SpanBatch } from '../../server/model/batch.ts'
import { type SpanRow, spanRowsOf } from '../../server/model/batch-rows-suite.ts'
import { zipkin as receiver } from '../../server/receive/protocols/zipkin.ts'
import { type LocalReceiver, receiveLocally } from './receive-locally.ts'
import type { Suite, SuiteResult } from './suite.ts'

type Part = NonNullable<SuiteResult['parts']>[number]
type Json = Record<string, unknown>

/** Zipkin's sample traces: each is sent to `/api/v2/spans`, and every span must come back out of its row as it was sent. */
export const zipkin: Suite = {
  name: 'zipkin',
  folder: 'traces/zipkin',
  isIn: (folder) => existsSync(join(folder, 'zipkin2-api.yaml')),
  run: async (folder) => {
    const local = await receiveLocally(receiver)
    const faults: string[] = []
    const parts: Part[] = []
    for (const name of readdirSync(folder).sort()) {
      if (!name.endsWith('.json')) continue
      const found = await judgeFile(local, join(folder, name))
      faults.push(...found.faults.map((fault) => `${name}: ${fault}`))
      parts.push({ name, passed: found.spans - found.faults.length, failed: found.faults.length })
    }
    await local.close()
    const passed = parts.reduce((sum, part) => sum + part.passed, 0)
    return { passed, failed: faults.length, faults, parts }
  },
}

async function judgeFile(local: LocalReceiver, file: string): Promise<{ spans: number; faults: string[] }> {
  const body = readFileSync(file)
  const sent = (JSON.parse(body.toString('utf8')) as Json[]).map(inOneForm)
  local.sink.batches.length = 0
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${local.origin}/api/v2/spans`, { method: 'POST', headers, body })
  if (answer.status !== 202) return { spans: sent.length, faults: sent.map(() => `answered ${answer.status}`) }
  const rows = local.sink.batches.flatMap((batch) => spanRowsOf(batch as SpanBatch))
  const faults = sent.flatMap((span, i) => {
    const read = rows[i] === undefined ? {} : zipkinSpanOf(rows[i], span)
    return isDeepStrictEqual(read, span)
      ? []
      : [`span ${i}: sent ${JSON.stringify(span)}, read ${JSON.stringify(read)}`]
  })
  return { spans: sent.length, faults }
}

/** A span as sent, less what says the same in several ways: ids in full length and lower case, nothing for empty. */
function inOneForm(span: Json): Json {
  const { traceId, id, parentId, ...rest } = span as { traceId: string; id: string; parentId?: string }
  const form: Json = {
    ...rest,
    traceId: traceId.toLowerCase().padStart(32, '0'),
    id: id.toLowerCase().padStart(16, '0'),
    ...(parentId === undefined ? {} : { parentId: parentId.toLowerCase().padStart(16, '0') }),
  }
  return withoutEmpty(form)
}

function withoutEmpty(object: Json): Json {
  const isEmpty = (value: unknown) =>
    value === undefined ||
    value === '' ||
    value === 0 ||
    value === false ||
    (typeof value === 'object' && Object.keys(value ?? {}).length === 0)
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value)))
}

/** A row as the span that it was made of. `sent` tells whether a time is one of its own: a span without any has that of its arrival. */
function zipkinSpanOf(row: SpanRow, sent: Json): Json {
  const attributes = new Map(row.attributes.map(([key, , value]) => [key, value]))
  const take = (key: string): string => {
    const value = attributes.get(key) ?? ''
    attributes.delete(key)
    return value
  }
  const address = (side: string) => {
    const value = take(`network.${side}.address`)
    return { [value.includes(':') ? 'ipv6' : 'ipv4']: value, port: Number(take(`network.${side}.port`)) }
  }
  const serviceName = row.resource.attributes.find(({ key }) => key === 'service.name')?.value ?? ''
  const kind = ['', '', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'][row.kind]
  const root = '0'.repeat(16)
  return withoutEmpty({
    traceId: row.traceId,
    id: row.spanId,
    parentId: row.parentSpanId === root ? '' : row.parentSpanId,
    kind,
    name: row.name,
    timestamp: sent.timestamp === undefined ? 0 : Number(row.startUnixNano / 1000n),
    duration: Number((row.endUnixNano - row.startUnixNano) / 1000n),
    localEndpoint: withoutEmpty({ serviceName, ...address('local') }),
    remoteEndpoint: withoutEmpty({ serviceName: take('peer.service'), ...address('peer') }),
    shared: take('zipkin.shared') === 'true',
    debug: take('zipkin.debug') === 'true',
    annotations: row.events.map((event) => ({ timestamp: Number(event.timeUnixNano / 1000n), value: event.name })),
    tags: Object.fromEntries(attributes),
  })
}
