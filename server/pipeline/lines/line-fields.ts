import { Buffer } from 'node:buffer'
import { AttributesBuilder } from '../../model/attributes-builder.ts'
import type { AttributesColumn, AttributeType } from '../../model/columns.ts'
import type { Line } from './line.ts'
import { LineTime } from './line-time.ts'
import { severityOf } from './severity-words.ts'
import { TraceIds } from './trace-ids.ts'

/** Most attributes taken from one line; what comes after stays in the body alone. */
const maxFieldsPerLine = 128

/** Longest key taken from a line, bytes; a longer one is none. */
export const maxKeyBytes = 128

/** As many digits as every number of 64 bits has room for. */
const maxIntegerDigits = 18

/** Digits and point of a number that a double holds exactly as it is written. */
const maxNumberBytes = 15

/** Smaller fractions have an exponent in their shortest form. */
const maxFractionDigits = 6

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

  /** The range taken as an integer; false, and nothing found, where it is none or has more than 18 digits. */
  integer(name: FieldName, line: Line): boolean {
    const { bytes, from, to } = line
    if (to === from || to - from > maxIntegerDigits) return false
    for (let i = from; i < to; i++) if (bytes[i] < 0x30 || bytes[i] > 0x39) return false
    let start = from
    while (start < to - 1 && bytes[start] === 0x30) start++
    this.#copy('i', name, { bytes, start, end: to })
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
    const { bytes, from: start, to: end } = line
    const type = numberType(line)
    if (type !== null) this.#copy(type, name, { bytes, start, end })
    else if (isFraction(line)) this.double(name, Number(bytes.toString('latin1', start, end)))
    else if (line.took('true') || line.took('false')) this.boolean(name, end - start === 4)
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

  #copy(
    type: AttributeType,
    name: FieldName,
    { bytes, start, end }: { bytes: Buffer; start: number; end: number },
  ): void {
    if (!this.hasRoom) return
    this.#attributes.key(name, 0, name.length)
    this.#attributes.copy(type, bytes, { start, end })
  }

  /** Hands the attributes of all rows over; the object must not be used afterwards. */
  finish(): AttributesColumn {
    return this.#attributes.finish()
  }
}

/**
 * Type of the number that the range taken is in its shortest form: `-12`, `0`, `1.5`. Null where it is none, and where
 * digits would be lost (`007`, `-0`, more than 15 digits).
 */
function numberType({ bytes, from, to }: Line): 'i' | 'd' | null {
  const start = bytes[from] === 0x2d ? from + 1 : from
  const first = bytes[start]
  if (start >= to || to - start > maxNumberBytes || first < 0x30 || first > 0x39) return null
  let point = to
  for (let i = start + 1; i < to; i++) {
    if (bytes[i] === 0x2e && point === to) point = i
    else if (bytes[i] < 0x30 || bytes[i] > 0x39) return null
  }
  if (first === 0x30 && point > start + 1) return null
  if (point === to) return first === 0x30 && start > from ? null : 'i'
  return to - point - 1 <= maxFractionDigits && bytes[to - 1] > 0x30 ? 'd' : null
}

/** Whether the range taken is a fraction with zeros at its end or many digits: `1.50`, `0.0000001`. */
function isFraction({ bytes, from, to }: Line): boolean {
  const start = bytes[from] === 0x2d ? from + 1 : from
  if (to - start > maxNumberBytes) return false
  let point = to
  for (let i = start; i < to; i++) {
    if (bytes[i] === 0x2e && point === to) point = i
    else if (bytes[i] < 0x30 || bytes[i] > 0x39) return false
  }
  return point > start && point < to - 1 && (bytes[start] !== 0x30 || point === start + 1)
}
