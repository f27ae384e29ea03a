import type { Field } from './field.ts'
import { type Fragment, instant, joined, sql, text } from './fragment.ts'
import { rowsOf } from './tenant-rows.ts'

/** A field of spans or logs as the language services name it, already free of any user's spelling. */
export type FieldName<Column extends string> =
  | { readonly kind: 'column'; readonly column: Column }
  /** The first of these attributes that a row has. */
  | { readonly kind: 'attribute'; readonly keys: readonly string[] }
  /** The first of these attributes that the row's resource has. */
  | { readonly kind: 'resource'; readonly keys: readonly string[] }

export type SpanColumn =
  | 'service'
  | 'operation'
  | 'endpoint'
  | 'kind'
  | 'status'
  | 'status_message'
  | 'scope'
  | 'trace_id'
  | 'span_id'
  | 'parent_span_id'
  | 'duration_us'
  | 'request_latency_us'
  | 'request_failed'
  | 'failed'
  | 'namespace'
  | 'pod'
  | 'host'

/**
 * A request that a service served: a server or consumer span, or a root span of no stated or of internal kind
 * (a job that started by itself). What a service asks of others (client, producer) is not its own request.
 */
export const isRequest = sql`(kind IN (2, 5) OR (kind IN (0, 1) AND parent_id = toFixedString('', 8)))`

const durationUs = sql`greatest(duration, 0) / 1000`
const route = firstAttribute(['http.route', 'url.path'])
/** Path of the older `http.target`, which carries the query string as well. */
const oldTarget = sql`splitByChar('?', attrs['http.target'])[1]`

const columns: Readonly<Record<SpanColumn, Field>> = {
  service: { type: 'text', value: sql`service`, present: sql`service != ''` },
  operation: { type: 'text', value: sql`name`, present: sql`name != ''` },
  endpoint: {
    type: 'text',
    value: sql`multiIf(${route} != '', ${route}, ${oldTarget} != '', ${oldTarget}, toString(name))`,
  },
  kind: {
    type: 'text',
    value: sql`transform(kind, [1, 2, 3, 4, 5], ['internal', 'server', 'client', 'producer', 'consumer'], 'unspecified')`,
  },
  status: { type: 'text', value: sql`transform(status, [1, 2], ['ok', 'error'], 'unset')` },
  status_message: { type: 'text', value: sql`status_message`, present: sql`status_message != ''` },
  scope: { type: 'text', value: sql`scope`, present: sql`scope != ''` },
  trace_id: { type: 'text', value: sql`lower(hex(trace_id))`, bytes: { column: sql`trace_id`, length: 16 } },
  span_id: { type: 'text', value: sql`lower(hex(span_id))`, bytes: { column: sql`span_id`, length: 8 } },
  parent_span_id: {
    type: 'text',
    value: sql`if(parent_id = toFixedString('', 8), '', lower(hex(parent_id)))`,
    present: sql`parent_id != toFixedString('', 8)`,
    bytes: { column: sql`parent_id`, length: 8 },
  },
  duration_us: { type: 'number', value: durationUs },
  request_latency_us: { type: 'number', value: durationUs, present: isRequest },
  request_failed: { type: 'flag', value: sql`status = 2`, present: isRequest },
  failed: { type: 'flag', value: sql`status = 2` },
  namespace: { type: 'text', value: sql`namespace`, present: sql`namespace != ''` },
  pod: { type: 'text', value: sql`pod`, present: sql`pod != ''` },
  host: { type: 'text', value: sql`host`, present: sql`host != ''` },
}

export function spanField(name: FieldName<SpanColumn>): Field {
  return name.kind === 'column' ? columns[name.column] : attributeField(name)
}

/** A field that lies in the attributes of a row or of its resource. */
export function attributeField(name: Exclude<FieldName<string>, { kind: 'column' }>): Field {
  if (name.kind === 'resource') return resourceField(name.keys)
  return {
    type: 'text',
    value: firstAttribute(name.keys),
    present: joinedOr(name.keys.map((key) => sql`mapContains(attrs, ${text(key)})`)),
    // The skip index holds the values of all attributes.
    hint: (value) => sql`has(mapValues(attrs), ${text(value)})`,
  }
}

function resourceField(keys: readonly string[]): Field {
  const found = sql`resource_attrs`
  const values = keys.map((key) => sql`${found}[${text(key)}]`)
  return {
    type: 'text',
    value: firstFilled(values),
    present: joinedOr(keys.map((key) => sql`mapContains(${found}, ${text(key)})`)),
  }
}

const dayNs = 86_400_000_000_000n

/**
 * Resources that rows since a time may point to. A resource has a row for each day on which records of it ARRIVED, which
 * is after their own time unless a clock is ahead: hence a day to spare, and no upper bound.
 */
export function resourcesSince(unixNano: bigint): Fragment {
  return sql`seen_day >= toDate(${instant(unixNano > dayNs ? unixNano - dayNs : 0n)})`
}

/**
 * Rows of a table with `resource_attrs`, the attributes of each row's resource; for queries that use a resource field.
 * The join holds one row per resource of the tenant since `sinceNs` in memory.
 */
export function withResources(rows: Fragment, sinceNs: bigint): Fragment {
  return sql`(SELECT l.*, r.found AS resource_attrs FROM ${rows} AS l LEFT ANY JOIN
    (SELECT resource_id, any(attrs) AS found FROM ${rowsOf('resources')}
      WHERE ${resourcesSince(sinceNs)} GROUP BY resource_id) AS r
    ON l.resource_id = r.resource_id)`
}

function firstAttribute(keys: readonly string[]): Fragment {
  return firstFilled(keys.map((key) => sql`attrs[${text(key)}]`))
}

function firstFilled(values: readonly Fragment[]): Fragment {
  if (values.length === 1) return values[0]
  const pairs = values.slice(0, -1).map((value) => sql`${value} != '', ${value}`)
  return sql`multiIf(${joined(pairs, ', ')}, ${values[values.length - 1]})`
}

function joinedOr(conditions: readonly Fragment[]): Fragment {
  return sql`(${joined(conditions, ' OR ', '0')})`
}
