import type { Scope } from '../../../model/scope.ts'
import { type Aggregate, aggregateRows } from '../aggregate.ts'
import { type Fragment, type NsRange, sql, textList, within } from '../fragment.ts'
import { isRequest, spanField } from '../span-fields.ts'
import type { TenantReader } from '../tenant-rows.ts'

/** Requests of one service in one step, or in the whole range. Latencies in microseconds. */
export interface ServiceStep {
  readonly service: string
  /** Unix seconds of the step's start; 0 for the whole range. */
  readonly stepStart: number
  readonly requests: number
  readonly errors: number
  readonly p50Us: number
  readonly p95Us: number
  readonly p99Us: number
}

/** Which spans count: `rows` stands after FROM, `conditions` are the filters of the question. */
export interface SpanChoice {
  readonly rows: Fragment
  readonly conditions: readonly Fragment[]
}

const service = spanField({ kind: 'column', column: 'service' })
const latency = spanField({ kind: 'column', column: 'request_latency_us' })
const failed = spanField({ kind: 'column', column: 'request_failed' })
const figures: readonly Aggregate[] = [
  { kind: 'sum', field: failed },
  { kind: 'percentile', level: 0.5, field: latency },
  { kind: 'percentile', level: 0.95, field: latency },
  { kind: 'percentile', level: 0.99, field: latency },
]

/** Requests of the busiest services over the whole range, busiest first. Reads the spans of the range once. */
export async function busiestServices(
  reader: TenantReader,
  scope: Scope,
  question: { spans: SpanChoice; range: NsRange; limit: number },
): Promise<readonly ServiceStep[]> {
  const { spans, range, limit } = question
  const conditions = [within(range), isRequest, sql`service != ''`, ...spans.conditions]
  const { rows } = await aggregateRows(reader, scope, {
    ...{ rows: spans.rows, conditions, groups: [service], aggregates: figures, rangeSeconds: 1, limit },
  })
  return rows.map((row) => stepOf(row))
}

/** Requests of the named services by step, in order of time; steps without requests have no row. */
export async function requestSteps(
  reader: TenantReader,
  scope: Scope,
  question: { spans: SpanChoice; range: NsRange; services: readonly string[]; stepSeconds: number; limit: number },
): Promise<readonly ServiceStep[]> {
  const { spans, range, services, stepSeconds, limit } = question
  if (services.length === 0) return []
  const conditions = [within(range), isRequest, sql`service IN (${textList(services)})`, ...spans.conditions]
  const { rows } = await aggregateRows(reader, scope, {
    ...{ rows: spans.rows, conditions, groups: [service], aggregates: figures, stepSeconds, rangeSeconds: 1, limit },
  })
  return rows.map((row) => stepOf(row))
}

function stepOf(row: {
  stepStart?: number
  groups: readonly string[]
  values: readonly (number | null)[]
  matched: number
}) {
  const [errors, p50Us, p95Us, p99Us] = row.values.map((value) => value ?? 0)
  const [name] = row.groups
  return { service: name, stepStart: row.stepStart ?? 0, requests: row.matched, errors, p50Us, p95Us, p99Us }
}

/** Spans of one version of one service in one step. */
export interface VersionSighting {
  readonly service: string
  /** `service.version`; '' where the service does not tell. */
  readonly version: string
  readonly firstMs: number
  readonly lastMs: number
  readonly spans: number
}
