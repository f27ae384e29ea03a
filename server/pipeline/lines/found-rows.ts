import type { LogBatch } from '../../model/batch.ts'
import { ByteInterner } from '../../model/byte-interner.ts'
import type { DictionaryColumn } from '../../model/columns.ts'
import type { IngestLimits } from '../limits.ts'
import type { Line } from './line.ts'
import { LineFields } from './line-fields.ts'
import { mergeAttributes } from './merge-attributes.ts'

const traceBytes = 16
const spanBytes = 8

/** What was found in the lines of a batch, given to the rows that lack it. */
export class FoundRows {
  readonly fields: LineFields
  readonly #batch: LogBatch
  readonly #oldestMs: number
  readonly #newestMs: number
  readonly #words = new ByteInterner()
  /** By number of a word: its index in the column's values. */
  readonly #indexOfWord: number[] = []
  #severities: string[] | null = null

  constructor(batch: LogBatch, { nowMs, limits }: { nowMs: number; limits: IngestLimits }) {
    this.fields = new LineFields(batch.rowCount)
    this.fields.time.nowMs = nowMs
    this.#batch = batch
    this.#oldestMs = nowMs - limits.maxAgeMs
    this.#newestMs = nowMs + limits.maxAheadMs
  }

  /** Gives the row the fields found in `line` that have columns of their own, where the sender left them empty. */
  fill(row: number, line: Line): void {
    this.#fillTime(row)
    this.#fillSeverity(row, line)
    this.#fillIds(row)
  }

  finish(): LogBatch {
    const batch = this.#batch
    const severityText: DictionaryColumn =
      this.#severities === null ? batch.severityText : { ...batch.severityText, values: this.#severities }
    return { ...batch, severityText, attributes: mergeAttributes(batch.attributes, this.fields.finish()) }
  }

  #fillTime(row: number): void {
    const { seconds, nanos } = this.fields.time
    const pairs = this.#batch.timeUnixNano
    if (Number.isNaN(seconds) || pairs[2 * row] !== 0 || pairs[2 * row + 1] !== 0) return
    const ms = seconds * 1000 + nanos / 1e6
    // A time that the pipeline would reject the row for is left in the body: the row then has the time it came.
    if (ms < this.#oldestMs || ms > this.#newestMs) return
    writeUnixNano(pairs, row, { seconds, nanos })
  }

  /** Whether the sender gave the row no severity, neither as a number nor as a word. */
  lacksSeverity(row: number): boolean {
    const { severityNumber, severityText } = this.#batch
    return severityNumber[row] === 0 && severityText.indexes[row] === 0
  }

  #fillSeverity(row: number, { bytes }: Line): void {
    const { severity, severityFrom, severityTo } = this.fields
    const { severityNumber, severityText } = this.#batch
    if (severity === 0 || !this.lacksSeverity(row)) return
    severityNumber[row] = severity
    if (severityTo === severityFrom) return
    const word = this.#words.intern(bytes, severityFrom, severityTo)
    this.#indexOfWord[word] ??= this.#indexOf(this.#words.values[word])
    severityText.indexes[row] = this.#indexOfWord[word]
  }

  #indexOf(word: string): number {
    this.#severities ??= [...this.#batch.severityText.values]
    const index = this.#severities.indexOf(word)
    return index > 0 ? index : this.#severities.push(word) - 1
  }

  #fillIds(row: number): void {
    const { ids } = this.fields
    const { traceId, spanId, flags } = this.#batch
    if (!ids.hasTrace || !isZero(traceId, row * traceBytes, traceBytes) || !isZero(spanId, row * spanBytes, spanBytes))
      return
    traceId.set(ids.traceId, row * traceBytes)
    if (ids.hasSpan) spanId.set(ids.spanId, row * spanBytes)
    if (ids.flags !== -1 && flags[row] === 0) flags[row] = ids.flags
  }
}

function isZero(bytes: Uint8Array, start: number, length: number): boolean {
  for (let i = start; i < start + length; i++) if (bytes[i] !== 0) return false
  return true
}

/** Writes a time as a 64-bit pair. Seconds times 10^9 does not fit a double: it is made of two halves. */
function writeUnixNano(pairs: Uint32Array, row: number, { seconds, nanos }: { seconds: number; nanos: number }): void {
  const upper = Math.floor(seconds / 65_536) * 1e9
  const lower = (seconds % 65_536) * 1e9 + nanos + (upper % 65_536) * 65_536
  pairs[2 * row] = lower % 0x1_0000_0000
  pairs[2 * row + 1] = Math.floor(upper / 65_536) + Math.floor(lower / 0x1_0000_0000)
}
