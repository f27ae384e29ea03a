import { traceIndexColumns } from '../../schema/table-columns.ts'
import { type LateMarks, lateSpanMs } from './encode-context.ts'
import type { SpanPart } from './encode-spans.ts'
import type { NativeBlock } from './native-block.ts'
import { rowsOf, uint16Of, wordsOf } from './object-columns.ts'

const statusError = 2

/** Traces of one commit, as columns; `slots` finds them by trace id. */
class TraceTable {
  count = 0
  /** First span of each trace: part and row. */
  readonly part: number[] = []
  readonly row: number[] = []
  /** 64-bit pairs. */
  readonly min: Uint32Array
  readonly max: Uint32Array
  readonly spans: Uint32Array
  readonly errors: Uint32Array
  readonly rootPart: Int32Array
  readonly rootRow: Uint32Array
  readonly services: string[][] = []
  readonly #slots: Uint32Array
  readonly #mask: number

  constructor(spans: number) {
    let capacity = 16
    while (capacity < spans * 2) capacity *= 2
    this.#slots = new Uint32Array(capacity)
    this.#mask = capacity - 1
    this.min = new Uint32Array(spans * 2)
    this.max = new Uint32Array(spans * 2)
    this.spans = new Uint32Array(spans)
    this.errors = new Uint32Array(spans)
    this.rootPart = new Int32Array(spans).fill(-1)
    this.rootRow = new Uint32Array(spans)
  }

  /** Number of the trace of a span; a new one where it is the first of its trace. */
  traceOf(parts: readonly SpanPart[], partIndex: number, row: number): number {
    const { batch } = parts[partIndex]
    const ids = batch.traceId
    const at = row * 16
    let slot = hashOf(ids, at) & this.#mask
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & this.#mask) {
      const trace = this.#slots[slot] - 1
      const other = parts[this.part[trace]].batch
      if (other.tenant === batch.tenant && isEqual16(other.traceId, this.row[trace] * 16, ids, at)) return trace
    }
    const trace = this.count++
    this.#slots[slot] = trace + 1
    this.part.push(partIndex)
    this.row.push(row)
    this.services.push([])
    this.min.set(batch.startUnixNano.subarray(row * 2, row * 2 + 2), trace * 2)
    return trace
  }
}

/** Ids are random: their first and last bytes are hash enough, for traces and for ids with a time in front. */
function hashOf(ids: Uint8Array, at: number): number {
  const low = ids[at] | (ids[at + 1] << 8) | (ids[at + 2] << 16) | (ids[at + 3] << 24)
  const high = ids[at + 12] | (ids[at + 13] << 8) | (ids[at + 14] << 16) | (ids[at + 15] << 24)
  return Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b) >>> 7
}

function isEqual16(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): boolean {
  for (let i = 0; i < 16; i++) if (a[aAt + i] !== b[bAt + i]) return false
  return true
}

/** Writes one row per trace of the kept spans as a block of `trace_index`; the number of rows. */
export function encodeTraceIndex(block: NativeBlock, parts: readonly SpanPart[]): number {
  const spans = parts.reduce((sum, part) => sum + part.rows.count, 0)
  const traces = new TraceTable(spans)
  for (const [partIndex, { batch, rows, resources }] of parts.entries()) {
    for (let i = 0; i < rows.count; i++) {
      const row = rows.indexes[i]
      const trace = traces.traceOf(parts, partIndex, row)
      addSpan(traces, trace, { partIndex, batch, row, service: resources.names[batch.resource[row]] })
    }
  }
  writeTraces(block, parts, traces)
  return traces.count
}

function addSpan(
  traces: TraceTable,
  trace: number,
  span: { partIndex: number; batch: SpanPart['batch']; row: number; service: string },
): void {
  const { batch, row } = span
  const start = row * 2
  const at = trace * 2
  if (isLess(batch.startUnixNano, start, traces.min, at)) copyPair(batch.startUnixNano, start, traces.min, at)
  // A span that ends before it begins still has its start in the range.
  if (isLess(traces.max, at, batch.startUnixNano, start)) copyPair(batch.startUnixNano, start, traces.max, at)
  if (isLess(traces.max, at, batch.endUnixNano, start)) copyPair(batch.endUnixNano, start, traces.max, at)
  traces.spans[trace] += 1
  if (batch.statusCode[row] === statusError) traces.errors[trace] += 1
  const services = traces.services[trace]
  if (!services.includes(span.service)) services.push(span.service)
  if (traces.rootPart[trace] === -1 && isZero8(batch.parentSpanId, row * 8)) {
    traces.rootPart[trace] = span.partIndex
    traces.rootRow[trace] = row
  }
}

function writeTraces(block: NativeBlock, parts: readonly SpanPart[], traces: TraceTable): void {
  const { count } = traces
  const rows = rowsOf(count)
  const first = (index: number) => parts[traces.part[index]]
  const root = (index: number) => (traces.rootPart[index] === -1 ? null : parts[traces.rootPart[index]])
  const numbers = Array.from({ length: count }, (_, index) => index)
  const rootWords = (text: (part: SpanPart, row: number) => string) => {
    const texts = numbers.map((index) => {
      const part = root(index)
      return part === null ? '' : text(part, traces.rootRow[index])
    })
    return [{ column: wordsOf(texts), rows }]
  }
  block.begin(traceIndexColumns, count)
  block.copied('tenant', 4, [{ column: Uint32Array.from(numbers, (index) => first(index).batch.tenant), rows }])
  block.fixed('trace_id', 16, (bytes, at) => {
    for (const index of numbers) {
      const from = traces.row[index] * 16
      bytes.set(first(index).batch.traceId.subarray(from, from + 16), at + index * 16)
    }
  })
  block.copied('min_ts', 8, [{ column: traces.min, rows }])
  block.copied('max_ts', 8, [{ column: traces.max, rows }])
  block.copied('spans', 4, [{ column: traces.spans, rows }])
  block.copied('errors', 4, [{ column: traces.errors, rows }])
  writeServices(block, traces)
  const { starts, durations, statuses } = rootNumbers(parts, traces)
  block.copied('root_ts', 8, [{ column: starts, rows }])
  block.words(
    'root_service',
    rootWords(({ batch, resources }, row) => resources.names[batch.resource[row]]),
  )
  block.words(
    'root_name',
    rootWords(({ batch }, row) => batch.name.values[batch.name.indexes[row]]),
  )
  block.copied('root_duration', 8, [{ column: durations, rows }])
  block.copied('root_status', 1, [{ column: statuses, rows }])
  block.copied('retention', 2, [{ column: uint16Of(numbers.map((index) => first(index).retentionDays)), rows }])
}

function writeServices(block: NativeBlock, traces: TraceTable): void {
  const services = traces.services.flat()
  let end = 0
  const ends = Uint32Array.from(traces.services, (list) => (end += list.length))
  const parts = [{ column: wordsOf(services), rows: rowsOf(services.length) }]
  block.wordArray('services', { count: traces.count, ends }, parts)
}

function rootNumbers(
  parts: readonly SpanPart[],
  traces: TraceTable,
): { starts: Uint32Array; durations: Uint32Array; statuses: Uint8Array } {
  const starts = new Uint32Array(traces.count * 2)
  const durations = new Uint32Array(traces.count * 2)
  const statuses = new Uint8Array(traces.count)
  for (let trace = 0; trace < traces.count; trace++) {
    if (traces.rootPart[trace] === -1) continue
    const { batch } = parts[traces.rootPart[trace]]
    const row = traces.rootRow[trace]
    const { startUnixNano: from, endUnixNano: to } = batch
    copyPair(from, row * 2, starts, trace * 2)
    durations[trace * 2] = to[row * 2] - from[row * 2]
    durations[trace * 2 + 1] = to[row * 2 + 1] - from[row * 2 + 1] - (to[row * 2] < from[row * 2] ? 1 : 0)
    statuses[trace] = batch.statusCode[row]
  }
  return { starts, durations, statuses }
}

/** Notes the minutes of kept spans that come too late. Cost: a comparison for a span that is on time. */
export function markLateSpans(parts: readonly SpanPart[], arrivedMs: number, marks: LateMarks): void {
  // Spans that began before this second belong to minutes that had ended `lateSpanMs` ago.
  const lateBefore = Math.floor((arrivedMs - lateSpanMs) / 60_000) * 60
  for (const { batch, rows } of parts) {
    const { startUnixNano: start, tenant } = batch
    for (let i = 0; i < rows.count; i++) {
      const seconds = secondsOf(start, rows.indexes[i] * 2)
      if (seconds >= lateBefore) continue
      const t = Math.floor(seconds / 60) * 60
      marks.add({ tenant, signal: 'traces', metricLow: 0, metricHigh: 0, t })
    }
  }
}

function secondsOf(pairs: Uint32Array, at: number): number {
  return (pairs[at + 1] * 2 ** 32 + pairs[at]) / 1e9
}

function isLess(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): boolean {
  return a[aAt + 1] < b[bAt + 1] || (a[aAt + 1] === b[bAt + 1] && a[aAt] < b[bAt])
}

function copyPair(from: Uint32Array, fromAt: number, to: Uint32Array, toAt: number): void {
  to[toAt] = from[fromAt]
  to[toAt + 1] = from[fromAt + 1]
}

function isZero8(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 8; i++) if (bytes[at + i] !== 0) return false
  return true
}
