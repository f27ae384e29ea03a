import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import { BytesBuilder } from '../../model/column-builders.ts'
import { newline } from '../lines/line.ts'
import { SourceKeys } from '../lines/source-keys.ts'
import {
  firstState,
  hasErrorWord,
  isOneLine,
  isTraceLine,
  nextState,
  type TextRange,
  type TraceState,
} from './trace-lines.ts'

/** Lines of one record that is put together; further ones begin records of their own. */
const maxJoinedLines = 1_024

/** Bytes of one such record. */
const maxJoinedBytes = 256 * 1024

/** Longest time from the first to the last line of one such record, ms. */
const maxJoinedMs = 5_000

/** States in which a trace is sure to have begun and may go on. */
const goesOn: ReadonlySet<TraceState> = new Set<TraceState>(['java', 'python', 'go'])

const stringLetter = 0x73
/** OTLP's severity number of ERROR. */
const errorSeverity = 17

/** A batch whose stack traces are records of their own, and the rows that are no more. */
export interface JoinedBatch {
  readonly batch: LogBatch
  /** By row: 1 where its text is in another row's body now; its own body is empty. Null: no row was joined. */
  readonly joined: Uint8Array | null
}

/** The record of a source that lines may still belong to. */
interface OpenRecord {
  readonly row: number
  state: TraceState
  lines: number
  bytes: number
}

/**
 * Puts stack traces together that came as one record per line: of Java, Node, Python and Go, within one request, in
 * the order in which one source sent them. A line joins the record before it only where it says nothing of its own: the
 * same attributes, no other severity, trace or span. Bodies are joined by line feeds; line ends of their own go.
 * Nothing is held back for lines of a later request. Bounds: see above.
 * Cost: a look at the first byte of each row; more only in requests with a stack trace in them.
 */
export function joinTraces(batch: LogBatch): JoinedBatch {
  return hasTrace(batch) ? new Joining(batch).run() : { batch, joined: null }
}

/**
 * Rows of stack traces that may go on in lines that have not come yet, by row; null where there are none. For senders
 * whose lines come one by one: what is held back is joined with what comes next. Of a line that tells of an error nobody
 * knows whether a trace follows; it is not held back. Cost: as `joinTraces`, without its copying.
 */
export function openTraceRows(batch: LogBatch): Uint8Array | null {
  if (batch.rowCount === 0 || !(hasTrace(batch) || endsWithHead(batch))) return null
  return new Joining(batch).openRows()
}

function endsWithHead({ rowCount, body: { data, offsets } }: LogBatch): boolean {
  return firstState({ bytes: data, from: offsets[rowCount - 1], to: offsets[rowCount] }) !== 'line'
}

function hasTrace({ rowCount, body: { data, offsets } }: LogBatch): boolean {
  for (let row = 0; row < rowCount; row++)
    if (isTraceLine({ bytes: data, from: offsets[row], to: offsets[row + 1] })) return true
  return false
}

class Joining {
  readonly #batch: LogBatch
  readonly #keys: SourceKeys
  readonly #open = new Map<number, OpenRecord>()
  /** By row: the row whose body it goes to, itself where it stays. */
  readonly #heads: Uint32Array
  #count = 0

  constructor(batch: LogBatch) {
    this.#batch = batch
    this.#keys = new SourceKeys(batch)
    this.#heads = Uint32Array.from({ length: batch.rowCount }, (_, row) => row)
  }

  run(): JoinedBatch {
    this.#readRows()
    if (this.#count === 0) return { batch: this.#batch, joined: null }
    const joined = Uint8Array.from(this.#heads, (head, row) => (head === row ? 0 : 1))
    return { batch: { ...this.#batch, body: this.#bodies() }, joined }
  }

  openRows(): Uint8Array | null {
    this.#readRows()
    const open = new Set<number>()
    for (const { row, state, lines, bytes } of this.#open.values())
      if (goesOn.has(state) && lines < maxJoinedLines && bytes < maxJoinedBytes) open.add(row)
    return open.size === 0 ? null : Uint8Array.from(this.#heads, (head) => (open.has(head) ? 1 : 0))
  }

  #readRows(): void {
    const { rowCount, bodyType } = this.#batch
    for (let row = 0; row < rowCount; row++) {
      const line = this.#line(row)
      const key = this.#keys.of(row)
      if (bodyType[row] !== stringLetter || !isOneLine(line)) this.#open.delete(key)
      else if (!this.#joins(row, line, this.#open.get(key)))
        this.#open.set(key, { row, state: firstState(line), lines: 1, bytes: line.to - line.from })
    }
  }

  #line(row: number): TextRange {
    const { data, offsets } = this.#batch.body
    const [from, end] = [offsets[row], offsets[row + 1]]
    let to = end
    while (to > from && (data[to - 1] === newline || data[to - 1] === 0x0d)) to--
    return { bytes: data, from, to }
  }

  /** Joins the row to the open record of its source, where it belongs there. */
  #joins(row: number, line: TextRange, open: OpenRecord | undefined): boolean {
    if (open === undefined || open.lines >= maxJoinedLines) return false
    const bytes = open.bytes + 1 + line.to - line.from
    if (bytes > maxJoinedBytes) return false
    const state = nextState(line, open.state, () => this.#isError(open.row))
    if (state === null || !this.#saysNothingElse(row, open.row)) return false
    this.#heads[row] = open.row
    this.#count += 1
    Object.assign(open, { state, bytes, lines: open.lines + 1 })
    return true
  }

  #isError(row: number): boolean {
    return this.#batch.severityNumber[row] >= errorSeverity || hasErrorWord(this.#line(row))
  }

  /** Whether all that the row says besides its body is what the other says. */
  #saysNothingElse(row: number, head: number): boolean {
    const { severityNumber, severityText, traceId, spanId, eventName } = this.#batch
    return (
      (severityNumber[row] === 0 || severityNumber[row] === severityNumber[head]) &&
      (severityText.indexes[row] === 0 || severityText.indexes[row] === severityText.indexes[head]) &&
      eventName.indexes[row] === eventName.indexes[head] &&
      isSameId(traceId, 16, { row, head }) &&
      isSameId(spanId, 8, { row, head }) &&
      this.#isNear(row, head) &&
      this.#hasSameAttributes(row, head)
    )
  }

  #isNear(row: number, head: number): boolean {
    const { timeUnixNano: pairs } = this.#batch
    const ms = (one: number) => (pairs[2 * one + 1] * 4_294_967_296 + pairs[2 * one]) / 1e6
    const [at, since] = [ms(row), ms(head)]
    return at === 0 || since === 0 || Math.abs(at - since) <= maxJoinedMs
  }

  #hasSameAttributes(row: number, head: number): boolean {
    const { offsets, keys, values, types } = this.#batch.attributes
    const count = offsets[row + 1] - offsets[row]
    if (count !== offsets[head + 1] - offsets[head] || types.indexes[row] !== types.indexes[head]) return false
    for (let i = 0; i < count; i++) {
      const [one, other] = [offsets[row] + i, offsets[head] + i]
      if (keys.indexes[one] !== keys.indexes[other]) return false
      const value = values.data.subarray(values.offsets[one], values.offsets[one + 1])
      if (Buffer.compare(value, values.data.subarray(values.offsets[other], values.offsets[other + 1])) !== 0)
        return false
    }
    return true
  }

  #bodies(): LogBatch['body'] {
    const { rowCount, body } = this.#batch
    const data = Buffer.from(body.data.buffer, body.data.byteOffset, body.data.byteLength)
    const rowsOf = Map.groupBy(
      Array.from(this.#heads, (_, row) => row).filter((row) => this.#heads[row] !== row),
      (row) => this.#heads[row],
    )
    const made = new BytesBuilder(data.length + rowCount, rowCount)
    for (let row = 0; row < rowCount; row++) {
      const others = rowsOf.get(row)
      if (this.#heads[row] !== row) made.addEmpty()
      else if (others === undefined) made.add(data, body.offsets[row], body.offsets[row + 1])
      else {
        const whole = joinedText(
          data,
          [row, ...others].map((one) => this.#line(one)),
        )
        made.add(whole, 0, whole.length)
      }
    }
    return made.finish()
  }
}

function joinedText(data: Buffer, lines: readonly TextRange[]): Buffer {
  const feed = Buffer.from('\n')
  const parts = lines.flatMap(({ from, to }, i) =>
    i === 0 ? [data.subarray(from, to)] : [feed, data.subarray(from, to)],
  )
  return Buffer.concat(parts)
}

/** Whether the row has no id, or that of the other. */
function isSameId(ids: Uint8Array, width: number, { row, head }: { row: number; head: number }): boolean {
  let isEmpty = true
  let isSame = true
  for (let i = 0; i < width; i++) {
    if (ids[width * row + i] !== 0) isEmpty = false
    if (ids[width * row + i] !== ids[width * head + i]) isSame = false
  }
  return isEmpty || isSame
}
