import { AttributesBuilder } from '../../model/attributes-builder.ts'
import type { LogBatch, MetricBatch, SpanBatch } from '../../model/batch.ts'
import { BytesBuilder } from '../../model/column-builders.ts'
import type { Attribute, AttributesColumn, DictionaryColumn } from '../../model/columns.ts'
import type { Exemplar, MetricMetadata, NativeHistogram } from '../../model/metric.ts'
import type { InstrumentationScope, Resource } from '../../model/resource.ts'
import type { Labels, SeriesTable } from '../../model/series-table.ts'
import { defaultTenant, type TenantId } from '../../model/tenant.ts'

/** For tests: batches from plain objects, everything left out is empty. */
export interface LogRow {
  time?: bigint
  observed?: bigint
  severity?: number
  severityText?: string
  body?: string
  bodyType?: string
  attributes?: readonly Attribute[]
  dropped?: number
  traceId?: string
  spanId?: string
  flags?: number
  eventName?: string
  resource?: number
  scope?: number
}

export interface EventRow {
  time: bigint
  name: string
  attributes?: readonly Attribute[]
  dropped?: number
}

export interface LinkRow {
  traceId: string
  spanId: string
  traceState?: string
  flags?: number
  attributes?: readonly Attribute[]
  dropped?: number
}

export interface SpanRow {
  traceId: string
  spanId: string
  parentId?: string
  start: bigint
  end: bigint
  name?: string
  kind?: number
  status?: number
  statusMessage?: string
  traceState?: string
  flags?: number
  attributes?: readonly Attribute[]
  dropped?: readonly [attributes: number, events: number, links: number]
  events?: readonly EventRow[]
  links?: readonly LinkRow[]
  resource?: number
  scope?: number
}

export interface Surroundings {
  tenant?: TenantId
  receiver?: string
  resources?: readonly Resource[]
  scopes?: readonly InstrumentationScope[]
}

export function text(key: string, value: string): Attribute {
  return { key, type: 's', value }
}

export function resourceOf(attributes: Readonly<Record<string, string>>, schemaUrl = '', dropped = 0): Resource {
  const list = Object.entries(attributes).map(([key, value]) => text(key, value))
  return { attributes: list, droppedAttributesCount: dropped, schemaUrl }
}

export const noScope: InstrumentationScope = {
  name: '',
  version: '',
  attributes: [],
  droppedAttributesCount: 0,
  schemaUrl: '',
}

export function logBatch(rows: readonly LogRow[], around: Surroundings = {}): LogBatch {
  return {
    signal: 'logs',
    ...commonOf(rows.length, around),
    ...originsOf(rows, around),
    timeUnixNano: pairs(rows.map(({ time }) => time ?? 0n)),
    observedUnixNano: pairs(rows.map(({ observed }) => observed ?? 0n)),
    severityNumber: Uint8Array.from(rows, ({ severity }) => severity ?? 0),
    severityText: dictionary(rows.map(({ severityText }) => severityText ?? '')),
    body: bytes(rows.map(({ body }) => body ?? '')),
    bodyType: Uint8Array.from(rows, ({ bodyType }) => (bodyType ?? 's').charCodeAt(0)),
    attributes: attributesColumn(rows.map(({ attributes }) => attributes ?? [])),
    droppedAttributesCount: Uint32Array.from(rows, ({ dropped }) => dropped ?? 0),
    traceId: ids(rows.map(({ traceId }) => traceId ?? '0'.repeat(32))),
    spanId: ids(rows.map(({ spanId }) => spanId ?? '0'.repeat(16))),
    flags: Uint32Array.from(rows, ({ flags }) => flags ?? 0),
    eventName: dictionary(rows.map(({ eventName }) => eventName ?? '')),
  }
}

export function spanBatch(rows: readonly SpanRow[], around: Surroundings = {}): SpanBatch {
  const events = rows.flatMap((row) => row.events ?? [])
  const links = rows.flatMap((row) => row.links ?? [])
  return {
    signal: 'traces',
    ...commonOf(rows.length, around),
    ...originsOf(rows, around),
    traceId: ids(rows.map(({ traceId }) => traceId)),
    spanId: ids(rows.map(({ spanId }) => spanId)),
    parentSpanId: ids(rows.map(({ parentId }) => parentId ?? '0'.repeat(16))),
    traceState: dictionary(rows.map(({ traceState }) => traceState ?? '')),
    flags: Uint32Array.from(rows, ({ flags }) => flags ?? 0),
    name: dictionary(rows.map(({ name }) => name ?? '')),
    kind: Uint8Array.from(rows, ({ kind }) => kind ?? 0),
    startUnixNano: pairs(rows.map(({ start }) => start)),
    endUnixNano: pairs(rows.map(({ end }) => end)),
    statusCode: Uint8Array.from(rows, ({ status }) => status ?? 0),
    statusMessage: dictionary(rows.map(({ statusMessage }) => statusMessage ?? '')),
    attributes: attributesColumn(rows.map(({ attributes }) => attributes ?? [])),
    droppedAttributesCount: Uint32Array.from(rows, ({ dropped }) => dropped?.[0] ?? 0),
    droppedEventsCount: Uint32Array.from(rows, ({ dropped }) => dropped?.[1] ?? 0),
    droppedLinksCount: Uint32Array.from(rows, ({ dropped }) => dropped?.[2] ?? 0),
    events: {
      offsets: offsetsOf(rows.map((row) => row.events?.length ?? 0)),
      timeUnixNano: pairs(events.map(({ time }) => time)),
      name: dictionary(events.map(({ name }) => name)),
      attributes: attributesColumn(events.map(({ attributes }) => attributes ?? [])),
      droppedAttributesCount: Uint32Array.from(events, ({ dropped }) => dropped ?? 0),
    },
    links: {
      offsets: offsetsOf(rows.map((row) => row.links?.length ?? 0)),
      traceId: ids(links.map(({ traceId }) => traceId)),
      spanId: ids(links.map(({ spanId }) => spanId)),
      traceState: dictionary(links.map(({ traceState }) => traceState ?? '')),
      flags: Uint32Array.from(links, ({ flags }) => flags ?? 0),
      attributes: attributesColumn(links.map(({ attributes }) => attributes ?? [])),
      droppedAttributesCount: Uint32Array.from(links, ({ dropped }) => dropped ?? 0),
    },
  }
}

export interface SampleRow {
  labels: Readonly<Record<string, string>>
  ms: number
  /** A bigint gives the bits. */
  value: number | bigint
}

/** `ref` of histograms and exemplars is replaced by that of their labels. */
export function metricBatch(
  table: SeriesTable,
  rows: readonly SampleRow[],
  rest: {
    histograms?: readonly { labels: Readonly<Record<string, string>>; histogram: NativeHistogram }[]
    exemplars?: readonly { labels: Readonly<Record<string, string>>; exemplar: Exemplar }[]
    metadata?: readonly MetricMetadata[]
    receiver?: string
  } = {},
): MetricBatch {
  const refOf = (labels: Readonly<Record<string, string>>) => table.intern(labelsOf(labels))
  const value = new Float64Array(rows.length)
  const bits = new BigUint64Array(value.buffer)
  for (const [index, row] of rows.entries())
    if (typeof row.value === 'bigint') bits[index] = row.value
    else value[index] = row.value
  const histograms = (rest.histograms ?? []).map(({ labels, histogram }) => ({ ...histogram, ref: refOf(labels) }))
  return {
    signal: 'metrics',
    ...commonOf(rows.length + histograms.length, { tenant: table.tenant, receiver: rest.receiver }),
    series: table,
    sampleCount: rows.length,
    ref: Uint32Array.from(rows, ({ labels }) => refOf(labels)),
    timestampMs: Float64Array.from(rows, ({ ms }) => ms),
    value,
    isDelta: null,
    histograms,
    exemplars: (rest.exemplars ?? []).map(({ labels, exemplar }) => ({ ...exemplar, ref: refOf(labels) })),
    metadata: rest.metadata ?? [],
  }
}

export function labelsOf(labels: Readonly<Record<string, string>>): Labels {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function commonOf(rowCount: number, around: Surroundings) {
  return {
    tenant: around.tenant ?? defaultTenant,
    receiver: around.receiver ?? 'test',
    rowCount,
    decodeRejections: [],
    receivedBytes: rowCount * 100,
  }
}

function originsOf(rows: readonly { resource?: number; scope?: number }[], around: Surroundings) {
  return {
    resources: around.resources ?? [resourceOf({})],
    resource: Uint32Array.from(rows, ({ resource }) => resource ?? 0),
    scopes: around.scopes ?? [noScope],
    scope: Uint32Array.from(rows, ({ scope }) => scope ?? 0),
  }
}

function pairs(values: readonly bigint[]): Uint32Array {
  return new Uint32Array(BigUint64Array.from(values.map((value) => BigInt.asUintN(64, value))).buffer)
}

function ids(hex: readonly string[]): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.join(''), 'hex'))
}

function dictionary(texts: readonly string[]): DictionaryColumn {
  const values = ['']
  const numbers = new Map([['', 0]])
  const indexes = Uint32Array.from(texts, (word) => {
    const known = numbers.get(word)
    if (known !== undefined) return known
    numbers.set(word, values.length)
    return values.push(word) - 1
  })
  return { values, indexes }
}

function bytes(texts: readonly string[]) {
  const builder = new BytesBuilder()
  for (const value of texts) builder.addText(value)
  return builder.finish()
}

function attributesColumn(lists: readonly (readonly Attribute[])[]): AttributesColumn {
  const builder = new AttributesBuilder()
  for (const attributes of lists) {
    for (const { key, type, value } of attributes) {
      builder.keyText(key)
      builder.text(type, value)
    }
    builder.endRow()
  }
  return builder.finish()
}

function offsetsOf(counts: readonly number[]): Uint32Array {
  let end = 0
  return Uint32Array.from([0, ...counts], (count) => (end += count))
}
