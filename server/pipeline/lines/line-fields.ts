import { Buffer } from 'node:buffer'
import { AttributesBuilder } from '../../model/attributes-builder.ts'
import type { AttributesColumn, AttributeType } from '../../model/columns.ts'
import type { Line } from './line.ts'
import { LineTime } from './line-time.ts'
import { severityOf } from './severity-words.ts'
import { TraceIds } from './trace-ids.ts'

/** Most attributes taken from one line; what comes after stays in the body alone. */
export const maxFieldsPerLine = 128

/** Longest key taken from a line, bytes; a longer one is none. */
export const maxKeyBytes = 128

/** Longest value taken from a line, bytes; a longer one stays in the body alone. */
const maxValueBytes = 8_192

/** A name of an attribute, ready to be written. */
export type FieldName = Buffer

/** The name of an attribute that a format finds. Once per name, when the program starts. */
export function fieldName(name: string): FieldName {
  return Buffer.from(name, 'utf8')
}

/**
 * What is found in one line after another: time, severity, trace and span id, attributes. `begin`, the finding, then
 * `keep` or `forget`, for each row.
 *
 * Ranges of a line are copied when they are given.
 */
export class LineFields {
  readonly time = new LineTime()
  readonly ids = new TraceIds()
  /** OTLP severity number, 0: none found. */
  severity = 0
  /** Where the word stands that told the severity; empty where it was no word. */
  severityFrom = 0
  severityTo = 0
  readonly #attributes: AttributesBuilder

  constructor(expectedRows: number) {
    this.#attributes = new AttributesBuilder({
      expectedRows,
      expectedEntries: expectedRows * 4,
      expectedBytes: expectedRows * 64,
    })
  }

  /** Takes back what was found in the line so far. */
  begin(): void {
    this.time.clear()
    this.ids.clear()
    this.severity = 0
    this.severityFrom = 0
    this.severityTo = 0
    if (this.#attributes.rowEntries > 0) this.#attributes.abandonRow()
  }

  /** Ends the row with the attributes found. */
  keep(): void {
    this.#attributes.endRow()
  }

  /** Whether the line may give another attribute. */
  get hasRoom(): boolean {
    return this.#attributes.rowEntries < maxFieldsPerLine
  }

  /** Whether the line has given no attribute so far. */
  get isEmpty(): boolean {
    return this.#attributes.rowEntries === 0
  }

  /** The range of `line` taken last as a string. */
  string(name: FieldName, line: Line): void {
    this.range(name, line.bytes, line)
  }

  /** A range of bytes as a string. A range beyond the longest value is passed over. */
  range(name: FieldName, bytes: Buffer, { from, to }: { from: number; to: number }): void {
    if (to - from > maxValueBytes || !this.hasRoom) return
    this.#attributes.key(name, 0, name.length)
    this.#attributes.string(bytes, from, to)
  }

  /** The range taken as a string, but not where it is empty or a lone `-`, as access logs write what is not there. */
  present(name: FieldName, line: Line): void {
    const { from, to } = line
    if (to === from || (to === from + 1 && line.bytes[from] === 0x2d)) return
    this.string(name, line)
  }

  /** The range taken as an integer; false, and nothing found, where it is none. */
  integer(name: FieldName, line: Line): boolean {
    const value = line.number()
    if (Number.isNaN(value)) return false
    this.whole(name, value)
    return true
  }

  /** An integer of at most 53 bits. */
  whole(name: FieldName, value: number): void {
    if (!this.hasRoom) return
    this.#attributes.key(name, 0, name.length)
    this.#attributes.integer(value | 0, Math.floor(value / 0x1_0000_0000) | 0)
  }

  /**
   * The range taken as JSON and logfmt write values without quotes: an integer in its shortest form, a decimal fraction,
   * `true`, `false`, and else a string.
   */
  typed(name: FieldName, line: Line): void {
    const value = plainNumber(line)
    if (Number.isInteger(value) && !hasPoint(line)) this.whole(name, value)
    else if (!Number.isNaN(value)) this.double(name, value)
    else if (line.took('true') || line.took('false')) this.boolean(name, line.to - line.from === 4)
    else this.string(name, line)
  }

  /** The range taken, a valid JSON number: an integer where it is one of 64 bits, else a double. */
  number(name: FieldName, line: Line): void {
    const { bytes, from, to } = line
    const text = bytes.toString('latin1', from, to)
    const value = Number(text)
    const isNegativeZero = Object.is(value, -0)
    const isWhole = /^-?\d+$/.test(text) && text.length <= 20 && !isNegativeZero
    if (Number.isSafeInteger(value) && !isNegativeZero) this.whole(name, value)
    else if (isWhole && String(BigInt.asIntN(64, BigInt(text))) === text) this.other(name, 'i', text)
    else this.double(name, value)
  }

  boolean(name: FieldName, value: boolean): void {
    if (!this.hasRoom) return
    this.#attributes.key(name, 0, name.length)
    this.#attributes.boolean(value)
  }

  double(name: FieldName, value: number): void {
    if (!this.hasRoom) return
    this.#attributes.key(name, 0, name.length)
    this.#attributes.double(value)
  }

  /** A value whose text form is at hand. */
  other(name: FieldName, type: AttributeType, text: string): void {
    if (text.length > maxValueBytes || !this.hasRoom) return
    this.#attributes.key(name, 0, name.length)
    this.#attributes.text(type, text)
  }

  /** The range taken is the severity: false where it is no such word. */
  level(line: Line): boolean {
    const number = severityOf(line.bytes, line.from, line.to)
    if (number === 0) return false
    this.severity = number
    this.severityFrom = line.from
    this.severityTo = line.to
    return true
  }

  /** Hands the attributes of all rows over; the object must not be used afterwards. */
  finish(): AttributesColumn {
    return this.#attributes.finish()
  }
}

/**
 * The number that the range taken is: `-12`, `0`, `1.5`, at most 15 digits before the point. NaN where it is none, or
 * where its digits mean something (`007`, `-0`) that a number would lose.
 */
function plainNumber({ bytes, from, to }: Line): number {
  const start = bytes[from] === 0x2d ? from + 1 : from
  if (start >= to || to - from > 17 || bytes[start] < 0x30 || bytes[start] > 0x39) return Number.NaN
  let point = -1
  let value = 0
  for (let i = start; i < to; i++) {
    const byte = bytes[i]
    if (byte === 0x2e && point === -1 && i + 1 < to) point = i
    else if (byte < 0x30 || byte > 0x39) return Number.NaN
    else value = value * 10 + (byte - 0x30)
  }
  const whole = (point === -1 ? to : point) - start
  if (whole > 15 || (bytes[start] === 0x30 && whole > 1)) return Number.NaN
  if (point !== -1) return Number(bytes.toString('latin1', from, to))
  if (start === from) return value
  return value === 0 ? Number.NaN : -value
}

/** Whether a number is written with a point: it stays a double though it may be whole. */
function hasPoint({ bytes, from, to }: Line): boolean {
  for (let i = from; i < to; i++) if (bytes[i] === 0x2e) return true
  return false
}
