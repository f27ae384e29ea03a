import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { zipkin as receiver } from '../../server/receive/protocols/zipkin.ts'
import type { ColumnStore } from '../../server/store/engine/column-store.ts'
import { type LocalStorage, storeLocally } from './store-locally.ts'
import type { Suite, SuiteResult } from './suite.ts'

type Part = NonNullable<SuiteResult['parts']>[number]
type Json = Record<string, unknown>

/**
 * Zipkin's sample traces: each is sent to `/api/v2/spans` and goes through pipeline, journal and engine; every span must come
 * back out of the table of spans as it was sent.
 */
export const zipkin: Suite = {
  name: 'zipkin',
  folder: 'traces/zipkin',
  isIn: (folder) => existsSync(join(folder, 'zipkin2-api.yaml')),
  run: async (folder) => {
    const local = await storeLocally(receiver)
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

/** Spans that are told apart by nothing but what they say are taken for one another. Every row is one of the file's spans. */
async function judgeFile(local: LocalStorage, file: string): Promise<{ spans: number; faults: string[] }> {
  const body = readFileSync(file)
  const sent = (JSON.parse(body.toString('utf8')) as Json[]).map(inOneForm)
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${local.origin}/api/v2/spans`, { method: 'POST', headers, body })
  if (answer.status !== 202) return { spans: sent.length, faults: sent.map(() => `answered ${answer.status}`) }
  const store = await local.loaded()
  const left = await readSpans(store)
  await store.command({ sql: 'TRUNCATE TABLE spans' })
  const faults = sent.flatMap((span, i) => {
    const at = left.findIndex((row) => isDeepStrictEqual(zipkinSpanOf(row, span), span))
    if (at >= 0) left.splice(at, 1)
    return at >= 0 ? [] : [`span ${i}: sent ${JSON.stringify(span)}, and no row says the same`]
  })
  for (const row of left) faults.push(`not sent, read ${JSON.stringify(zipkinSpanOf(row, {}))}`)
  return { spans: sent.length, faults }
}

/** A row of the table of spans. Times are Unix nanoseconds. */
interface Row {
  readonly trace: string
  readonly span: string
  readonly parent: string
  readonly name: string
  readonly kind: number
  readonly start: string
  readonly duration: string
  readonly service: string
  readonly attrs: Readonly<Record<string, string>>
  readonly event_times: readonly string[]
  readonly event_names: readonly string[]
}

async function readSpans(store: ColumnStore): Promise<Row[]> {
  const { rows } = await store.rows<Row>({
    sql: `SELECT lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span, lower(hex(parent_id)) AS parent, name, kind,
        toString(toUnixTimestamp64Nano(ts)) AS start, toString(duration) AS duration, service, attrs,
        arrayMap(t -> toString(toUnixTimestamp64Nano(t)), events.ts) AS event_times, events.name AS event_names
      FROM spans`,
  })
  return [...rows]
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

/** What the pipeline names spans without a service; Zipkin's may have none. */
const noService = 'unknown_service'

const micros = (nanos: string): number => Number(BigInt(nanos) / 1000n)

/** A row as the span that it was made of. `sent` tells whether a time is one of its own: a span without any has that of its arrival. */
function zipkinSpanOf(row: Row, sent: Json): Json {
  const attributes = new Map(Object.entries(row.attrs))
  const take = (key: string): string => {
    const value = attributes.get(key) ?? ''
    attributes.delete(key)
    return value
  }
  const address = (side: string) => {
    const value = take(`network.${side}.address`)
    return { [value.includes(':') ? 'ipv6' : 'ipv4']: value, port: Number(take(`network.${side}.port`)) }
  }
  const root = '0'.repeat(16)
  return withoutEmpty({
    traceId: row.trace,
    id: row.span,
    parentId: row.parent === root ? '' : row.parent,
    kind: ['', '', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'][row.kind],
    name: row.name,
    timestamp: sent.timestamp === undefined ? 0 : micros(row.start),
    duration: micros(row.duration),
    localEndpoint: withoutEmpty({ serviceName: row.service === noService ? '' : row.service, ...address('local') }),
    remoteEndpoint: withoutEmpty({ serviceName: take('peer.service'), ...address('peer') }),
    shared: take('zipkin.shared') === 'true',
    debug: take('zipkin.debug') === 'true',
    annotations: row.event_times.map((time, i) => ({ timestamp: micros(time), value: row.event_names[i] })),
    tags: Object.fromEntries(attributes),
  })
}
