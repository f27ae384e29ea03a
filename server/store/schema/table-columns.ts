/** A column as blocks for a table carry it. */
export interface BlockColumn {
  readonly name: string
  /** The type's text exactly as the table has it; another text costs a cast on insert. */
  readonly type: string
  /** Name and type as a Native block writes them. */
  readonly header: Uint8Array
}

/** Columns that the encoders write for one table, in the order of the blocks. Columns left out get their default. */
export interface TableColumns {
  readonly table: string
  readonly columns: readonly BlockColumn[]
}

const words = 'LowCardinality(String)'
const map = `Map(${words}, String)`
const nanoseconds = "DateTime64(9, 'UTC')"
const milliseconds = "DateTime64(3, 'UTC')"

/** A row of samples_hot; samples_compacting has the same columns. */
export const samplesHotColumns = columnsOf('samples_hot', {
  tenant: 'UInt32',
  metric: 'UInt64',
  target: 'UInt32',
  ts: milliseconds,
  slot: "DateTime('UTC')",
  retention: 'UInt16',
  series: 'Array(UInt64)',
  exp: 'Array(Int8)',
  vi: 'Array(Int64)',
})

export const seriesColumns = columnsOf('series', {
  tenant: 'UInt32',
  metric: 'UInt64',
  target: 'UInt32',
  series: 'UInt64',
  day: 'Date',
  labels: map,
  seen: milliseconds,
  retention: 'UInt16',
})

export const metadataColumns = columnsOf('metadata', {
  tenant: 'UInt32',
  name: 'String',
  type: words,
  unit: words,
  help: 'String',
  seen: milliseconds,
})

export const exemplarColumns = columnsOf('exemplars', {
  tenant: 'UInt32',
  metric: 'UInt64',
  target: 'UInt32',
  series: 'UInt64',
  ts: milliseconds,
  v: 'Float64',
  trace_id: 'FixedString(16)',
  span_id: 'FixedString(8)',
  labels: map,
  retention: 'UInt16',
})

export const histogramColumns = columnsOf('histograms', {
  tenant: 'UInt32',
  metric: 'UInt64',
  target: 'UInt32',
  series: 'UInt64',
  ts: milliseconds,
  flags: 'UInt8',
  schema: 'Int8',
  zero_threshold: 'Float64',
  zero_count: 'Float64',
  count: 'Float64',
  sum: 'Float64',
  pos_span_off: 'Array(Int32)',
  pos_span_len: 'Array(UInt32)',
  pos: 'Array(Float64)',
  neg_span_off: 'Array(Int32)',
  neg_span_len: 'Array(UInt32)',
  neg: 'Array(Float64)',
  bounds: 'Array(Float64)',
  retention: 'UInt16',
})

export const resourceColumns = columnsOf('resources', {
  tenant: 'UInt32',
  resource_id: 'UInt64',
  service: words,
  namespace: words,
  pod: words,
  host: words,
  attrs: map,
  attr_types: words,
  dropped_attrs: 'UInt32',
  schema_url: words,
  seen_day: 'Date',
  retention: 'UInt16',
})

export const scopeColumns = columnsOf('scopes', {
  tenant: 'UInt32',
  scope_id: 'UInt64',
  name: words,
  version: words,
  attrs: map,
  attr_types: words,
  dropped_attrs: 'UInt32',
  schema_url: words,
  seen_day: 'Date',
  retention: 'UInt16',
})

export const logColumns = columnsOf('logs', {
  tenant: 'UInt32',
  ts: nanoseconds,
  observed_lag: 'Int64',
  severity: 'UInt8',
  severity_text: words,
  service: words,
  namespace: words,
  pod: words,
  host: words,
  body: 'String',
  body_type: 'FixedString(1)',
  trace_id: 'FixedString(16)',
  span_id: 'FixedString(8)',
  flags: 'UInt32',
  scope: words,
  scope_id: 'UInt64',
  event_name: words,
  resource_id: 'UInt64',
  attrs: map,
  attr_types: words,
  dropped_attrs: 'UInt32',
  retention: 'UInt16',
})

export const spanColumns = columnsOf('spans', {
  tenant: 'UInt32',
  ts: nanoseconds,
  duration: 'Int64',
  trace_id: 'FixedString(16)',
  span_id: 'FixedString(8)',
  parent_id: 'FixedString(8)',
  trace_state: words,
  flags: 'UInt32',
  name: words,
  kind: 'UInt8',
  status: 'UInt8',
  status_message: words,
  service: words,
  namespace: words,
  pod: words,
  host: words,
  resource_id: 'UInt64',
  scope: words,
  scope_id: 'UInt64',
  attrs: map,
  attr_types: words,
  dropped_attrs: 'UInt32',
  dropped_events: 'UInt32',
  dropped_links: 'UInt32',
  'events.ts': `Array(${nanoseconds})`,
  'events.name': `Array(${words})`,
  'events.attrs': `Array(${map})`,
  'events.attr_types': `Array(${words})`,
  'events.dropped_attrs': 'Array(UInt32)',
  'links.trace_id': 'Array(FixedString(16))',
  'links.span_id': 'Array(FixedString(8))',
  'links.trace_state': `Array(${words})`,
  'links.flags': 'Array(UInt32)',
  'links.attrs': `Array(${map})`,
  'links.attr_types': `Array(${words})`,
  'links.dropped_attrs': 'Array(UInt32)',
  retention: 'UInt16',
})

export const traceIndexColumns = columnsOf('trace_index', {
  tenant: 'UInt32',
  trace_id: 'FixedString(16)',
  min_ts: nanoseconds,
  max_ts: nanoseconds,
  spans: 'UInt32',
  errors: 'UInt32',
  services: `Array(${words})`,
  root_ts: nanoseconds,
  root_service: words,
  root_name: words,
  root_duration: 'Int64',
  root_status: 'UInt8',
  retention: 'UInt16',
})

export const lateMarkColumns = columnsOf('late_marks', {
  tenant: 'UInt32',
  signal: words,
  metric: 'UInt64',
  t: "DateTime('UTC')",
  arrived: milliseconds,
  done: 'UInt8',
})

/**
 * All tables that blocks are written for, in the order in which they must reach the store: what rows point to comes
 * before the rows, and the mark of late rows after them.
 */
export const blockTables: readonly TableColumns[] = [
  seriesColumns,
  metadataColumns,
  resourceColumns,
  scopeColumns,
  samplesHotColumns,
  histogramColumns,
  exemplarColumns,
  logColumns,
  spanColumns,
  traceIndexColumns,
  lateMarkColumns,
]

function columnsOf(table: string, types: Readonly<Record<string, string>>): TableColumns {
  const columns = Object.entries(types).map(([name, type]) => {
    const header = Buffer.concat([lengthPrefixed(name), lengthPrefixed(type)])
    return { name, type, header }
  })
  return { table, columns }
}

/** Names and types are shorter than 128 bytes: one byte of length. */
function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length >= 0x80) throw new Error(`table columns: "${text}" is too long`)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}
