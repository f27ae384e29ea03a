import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { IngestLimits } from '../limits.ts'
import { copyWithoutAnsi } from './ansi.ts'
import { FoundRows } from './found-rows.ts'
import { Line, newline, space, tab } from './line.ts'
import { createLineSources, type LineSource } from './line-source.ts'
import { lineFormats } from './registry.ts'
import { findSeverity } from './severity-words.ts'
import { SourceKeys } from './source-keys.ts'
import { findStackTrace } from './stack-trace.ts'
import { findTraceIds } from './trace-ids.ts'

/** What is done with the lines of a tenant's receiver. */
export interface LineSettings {
  readonly isOn: boolean
  /** A record that comes with more attributes is structured already, and is left alone. */
  readonly maxGivenAttributes: number
  /** Stack traces that come as one record per line are put together. */
  readonly joinsTraces: boolean
}

/** Asked once per batch, so that a changed setting holds at once. Must be cheap. */
export type LineSettingsOf = (tenant: TenantId, receiver: string) => LineSettings

export const defaultLineSettings: LineSettings = { isOn: true, maxGivenAttributes: 12, joinsTraces: true }

/** Part of a body that is looked at, bytes: what stands beyond is kept, but nothing is found in it. */
export const maxLineBytes = 65_536

/** Letter of strings in `bodyType`. */
const stringBody = 0x73

export interface LineReader {
  /**
   * Finds in the text bodies of a batch what they say, and gives it to the rows that lack it: attributes, severity,
   * trace and span id, and time, the last only within what the tenant may send, so that no line is rejected for it.
   * What the sender gave stays; bodies are not touched. Fixed-width columns are filled in place, others are new.
   * Never throws; rows keep their number and order.
   * Cost: under 1 µs per line of a known source, see docs/log-lines.md.
   */
  read(batch: LogBatch, now: { nowMs: number; limits: IngestLimits }): LogBatch
  /** Names of the formats learned for the source of a row, the surest first; empty while learning and for plain text. */
  formatsOf(batch: LogBatch, row: number): readonly string[]
}

/** A reader with a memory of its own for what sources write. */
export function createLineReader(settingsOf: LineSettingsOf = () => defaultLineSettings): LineReader {
  const sourceOf = createLineSources(lineFormats)
  return {
    read(batch, now) {
      const settings = settingsOf(batch.tenant, batch.receiver)
      if (!settings.isOn || !hasText(batch, settings)) return batch
      return new BatchLines(batch, { ...now, settings, sourceOf }).read()
    },
    formatsOf: (batch, row) => sourceOf(new SourceKeys(batch).of(row)).formatNames,
  }
}

function hasText(batch: LogBatch, settings: LineSettings): boolean {
  for (let row = 0; row < batch.rowCount; row++) if (isText(batch, row, settings)) return true
  return false
}

function isText({ body, bodyType, attributes }: LogBatch, row: number, settings: LineSettings): boolean {
  return (
    bodyType[row] === stringBody &&
    body.offsets[row + 1] > body.offsets[row] &&
    attributes.offsets[row + 1] - attributes.offsets[row] <= settings.maxGivenAttributes
  )
}

interface ReadContext {
  readonly nowMs: number
  readonly limits: IngestLimits
  readonly settings: LineSettings
  readonly sourceOf: (key: number) => LineSource
}

/** The reading of one batch. */
class BatchLines {
  readonly #batch: LogBatch
  readonly #context: ReadContext
  readonly #keys: SourceKeys
  readonly #rows: FoundRows
  readonly #line = new Line()
  readonly #bytes: Buffer
  readonly #escapes: Occurrences
  readonly #newlines: Occurrences
  readonly #traces: Occurrences
  /** Of the row at hand. */
  #lacksSeverity = false
  #scratch: Buffer = Buffer.allocUnsafeSlow(1024)

  constructor(batch: LogBatch, context: ReadContext) {
    this.#batch = batch
    this.#context = context
    this.#keys = new SourceKeys(batch)
    this.#rows = new FoundRows(batch, context)
    const { data } = batch.body
    this.#bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    this.#escapes = new Occurrences(this.#bytes, '\u001b')
    this.#newlines = new Occurrences(this.#bytes, '\n')
    this.#traces = new Occurrences(this.#bytes, traceWord)
  }

  read(): LogBatch {
    const { rowCount, body } = this.#batch
    const rows = this.#rows
    let key = Number.NaN
    let source: LineSource | null = null
    for (let row = 0; row < rowCount; row++) {
      rows.fields.begin()
      if (isText(this.#batch, row, this.#context.settings)) {
        const rowKey = this.#keys.of(row)
        if (source === null || rowKey !== key) source = this.#context.sourceOf(rowKey)
        key = rowKey
        const start = body.offsets[row]
        this.#lacksSeverity = rows.lacksSeverity(row)
        this.#readLine(source, start, Math.min(body.offsets[row + 1], start + maxLineBytes))
        rows.fill(row, this.#line)
      }
      rows.fields.keep()
    }
    return rows.finish()
  }

  #readLine(source: LineSource, start: number, end: number): void {
    if (this.#escapes.from(start) < end) {
      this.#readColoured(source, start, end)
      return
    }
    const found = this.#newlines.from(start)
    this.#line.set(this.#bytes, start, { end: Math.min(found, end), bodyEnd: end })
    this.#find(source, this.#traces)
  }

  /** Reads a copy of the line that has no colours. */
  #readColoured(source: LineSource, start: number, end: number): void {
    if (this.#scratch.length < end - start) this.#scratch = Buffer.allocUnsafeSlow(maxLineBytes)
    const size = copyWithoutAnsi(this.#bytes, { from: start, to: end }, this.#scratch)
    const bytes = this.#scratch.subarray(0, size)
    const found = bytes.indexOf(newline)
    this.#line.set(bytes, 0, { end: found === -1 ? size : found, bodyEnd: size })
    this.#find(source, new Occurrences(bytes, traceWord))
  }

  #find(source: LineSource, traces: Occurrences): void {
    const line = this.#line
    const { fields } = this.#rows
    const isMultiLine = line.bodyEnd > line.end + 1
    const isRead = source.recognise(line, fields)
    line.rewind()
    const mayTellSeverity = this.#lacksSeverity && !isRead && fields.severity === 0 && !isIndented(line)
    if (mayTellSeverity && findSeverity(line) > 0) fields.level(line)
    line.end = line.bodyEnd
    for (let at = traces.from(line.start); at < line.bodyEnd && !fields.ids.hasTrace; at = traces.from(at + 1))
      findTraceIds(fields.ids, line, at)
    if (isMultiLine) findStackTrace(line, fields)
  }
}

/** A line that begins with a blank goes on with what came before it. */
function isIndented({ bytes, start }: Line): boolean {
  return bytes[start] === space || bytes[start] === tab
}

/** In all names of trace ids, in lower case but for the first letter. */
const traceWord = 'race'

/** Where a text stands in many lines laid end to end: searched for once, not once per line. */
class Occurrences {
  readonly #bytes: Buffer
  readonly #text: string
  #next = -1

  constructor(bytes: Buffer, text: string) {
    this.#bytes = bytes
    this.#text = text
  }

  /** First place at or after `start`, Infinity where there is none; `start` must not fall from call to call. */
  from(start: number): number {
    if (this.#next >= start) return this.#next
    const found = this.#bytes.indexOf(this.#text, start, 'latin1')
    this.#next = found === -1 ? Number.POSITIVE_INFINITY : found
    return this.#next
  }
}
