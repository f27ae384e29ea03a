import { Buffer } from 'node:buffer'
import type { MetricBatch } from '../../model/batch.ts'
import type { SeriesKeys } from '../../model/series-table.ts'
import { DecodeError } from '../../model/sink.ts'
import { floatOf, integerOf, unsignedOf } from '../exposition/float-text.ts'
import { strictText } from '../metric/label-rules.ts'
import type { MetricDecodeContext } from '../metric/metric-context.ts'
import { MetricBatchBuilder } from '../metric/sample-columns.ts'
import { internLabels } from '../metric/series-resolver.ts'

/** Bytes of a point with one field at least, for the room that columns are given at first. */
const usualPointBytes = 60

/** Digits of a timestamp that surely fit into 64 bits. */
const maxPlainDigits = 18

const newline = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const quote = 0x22
const hash = 0x23
const comma = 0x2c
const equals = 0x3d
const backslash = 0x5c

/** Unit of timestamps: so many of their last digits are less than a millisecond, and the rest counts so many of them. */
export interface InfluxUnit {
  readonly cutDigits: 0 | 3 | 6
  readonly ms: number
}

export interface InfluxOptions {
  readonly unit: InfluxUnit
  /** Unix ms of points without a timestamp. */
  readonly nowMs: number
  /** Labels of every series that has no tag of that name, such as `db`. */
  readonly labels: readonly (readonly [name: string, value: string])[]
}

/**
 * Decodes InfluxDB's line protocol: `measurement,tag=value field=1,other=2i 1700000000000000000`.
 *
 * Each numeric field is a sample of the series `measurement_field` with the tags as labels; `true` is 1, `false` is 0. Strings
 * are no samples: they are counted as `unsupported`, and do not fail the point. Times are cut to the millisecond.
 * Rejected alone, named `line N` from 1: a point that is malformed (none of its fields is taken), a series beyond a limit.
 * Throws: DecodeError where there are more than `maxRows` samples.
 * Cost: about 0.3 µs for a line of 220 bytes with one field, whose series usually follows the one before.
 * Source: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
 */
export function decodeInfluxLines(body: Uint8Array, options: InfluxOptions, context: MetricDecodeContext): MetricBatch {
  return new InfluxLines(body, options, context).decode()
}

class InfluxLines {
  readonly #bytes: Buffer
  readonly #options: InfluxOptions
  readonly #context: MetricDecodeContext
  readonly #builder: MetricBatchBuilder
  /** Keys of series: measurement and tags as sent, blank, field, `=`; for a point's first field where they stand. */
  readonly #keys: SeriesKeys
  #key: Buffer = Buffer.alloc(1024)
  #line = 1
  #at = 0
  /** Series of the first field of the point at hand, -1 where it was not guessed. */
  #firstRef = -1
  /** Range of measurement and tags of the point at hand. The end is 0 while it was not looked for. */
  #seriesStart = 0
  #seriesEnd = 0
  /** Fields of the point at hand: range of the name, value; a point's time stands behind them. */
  readonly #names: number[] = []
  readonly #values: number[] = []

  constructor(body: Uint8Array, options: InfluxOptions, context: MetricDecodeContext) {
    this.#bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    this.#options = options
    this.#context = context
    this.#builder = new MetricBatchBuilder(context, body.length / usualPointBytes)
    this.#keys = context.series.keysOf(`influx ${JSON.stringify(options.labels)}`)
  }

  decode(): MetricBatch {
    const bytes = this.#bytes
    while (this.#at < bytes.length) {
      const byte = bytes[this.#at]
      if (byte === newline) {
        this.#line++
        this.#at++
      } else if (byte === space || byte === carriageReturn) this.#at++
      else if (byte === hash) this.#at = this.#lineEnd()
      else this.#readPoint()
    }
    return this.#builder.finish()
  }

  #readPoint(): void {
    const line = this.#line
    try {
      this.#parsePoint()
      this.#addSamples(line, this.#parseTime())
    } catch (error) {
      this.#builder.rejections.addError(error, 1, () => `line ${line}`)
      this.#at = this.#lineEnd()
    }
  }

  /** Reads measurement, tags and fields. Throws: DecodeError. */
  #parsePoint(): void {
    const bytes = this.#bytes
    this.#names.length = 0
    this.#values.length = 0
    this.#seriesStart = this.#at
    this.#seriesEnd = 0
    this.#firstRef = this.#keys.guess(bytes, this.#at, bytes.length)
    // What a key begins is read as it was when the key was learned; the name of its field need not be known.
    if (this.#firstRef >= 0) {
      this.#at = this.#keys.guessEnd
      this.#addValue(this.#seriesStart, this.#at - 1)
      if (bytes[this.#at] !== comma) return
      this.#at++
    } else {
      this.#passSeries()
      this.#at = this.#seriesEnd
      this.#passBlanks()
    }
    for (;;) {
      const nameStart = this.#at
      const nameEnd = this.#passName(equals, comma)
      if (bytes[nameEnd] !== equals || nameEnd === nameStart) throw this.#error('expected field=value')
      this.#at = nameEnd + 1
      this.#addValue(nameStart, nameEnd)
      if (bytes[this.#at] !== comma) return
      this.#at++
    }
  }

  #addValue(nameStart: number, nameEnd: number): void {
    const value = this.#parseValue()
    this.#names.push(nameStart, nameEnd)
    this.#values.push(value)
  }

  /** Finds where measurement and tags end. Throws: DecodeError. */
  #passSeries(): void {
    const at = this.#at
    this.#at = this.#seriesStart
    this.#seriesEnd = this.#passName(space, -1)
    if (this.#seriesEnd === this.#seriesStart || this.#bytes[this.#seriesStart] === comma)
      throw this.#error('measurement is missing')
    this.#at = at
  }

  /** Offset of the next `stop` or `otherStop` that is not escaped, or of a blank or the line's end. */
  #passName(stop: number, otherStop: number): number {
    const bytes = this.#bytes
    let at = this.#at
    for (; at < bytes.length; at++) {
      const byte = bytes[at]
      if (byte === backslash && at + 1 < bytes.length && bytes[at + 1] !== newline) at++
      else if (byte === stop || byte === otherStop || byte === space || byte === newline) break
    }
    return Math.min(at, bytes.length)
  }

  /** Value of a field; NaN for a string. Infinity and NaN cannot be sent. Throws: DecodeError. */
  #parseValue(): number {
    const bytes = this.#bytes
    const start = this.#at
    if (bytes[start] === quote) {
      this.#passString()
      return Number.NaN
    }
    let end = start
    while (end < bytes.length && !isDelimiter(bytes[end])) end++
    if (end === start) throw this.#error('field value is missing')
    this.#at = end
    const last = bytes[end - 1]
    // i: signed, u: unsigned.
    if (last === 0x69) return integerOf(bytes, start, end - 1)
    if (last === 0x75) return unsignedOf(bytes, start, end - 1)
    if (isDigit(last) || last === 0x2e) return floatOf(bytes, start, end)
    const word = bytes.toString('latin1', start, end)
    if (/^(?:t|T|true|True|TRUE)$/.test(word)) return 1
    if (/^(?:f|F|false|False|FALSE)$/.test(word)) return 0
    throw this.#error(`${JSON.stringify(word.slice(0, 40))} is no value of a field`)
  }

  /** Passes over a string, in which `\` escapes, and line ends are allowed. */
  #passString(): void {
    const bytes = this.#bytes
    let lines = 0
    for (let at = this.#at + 1; at < bytes.length; at++) {
      if (bytes[at] === backslash) at++
      else if (bytes[at] === newline) lines++
      else if (bytes[at] === quote) {
        this.#at = at + 1
        this.#line += lines
        if (this.#at < bytes.length && !isDelimiter(bytes[this.#at]))
          throw this.#error('expected a comma or a blank behind a string')
        return
      }
    }
    throw this.#error('string has no end')
  }

  /** Unix ms of the point, 0 where it is less than one; the reader stands at the line's end then. Throws: DecodeError. */
  #parseTime(): number {
    const bytes = this.#bytes
    this.#passBlanks()
    const start = this.#at
    let end = this.#lineEnd()
    while (end > start && (bytes[end - 1] === space || bytes[end - 1] === carriageReturn)) end--
    if (end === start) return this.#options.nowMs
    const { cutDigits, ms } = this.#options.unit
    this.#at = end
    if (cutDigits === 0) return integerOf(bytes, start, end) * ms
    // Digits are cut off before they are a number, which would round nanoseconds.
    const cut = end - cutDigits
    const isPlain = cut > start && end - start <= maxPlainDigits && isDigit(bytes[start])
    if (isPlain && areDigits(bytes, cut, end)) return integerOf(bytes, start, cut)
    integerOf(bytes, start, end)
    return cut <= start ? 0 : integerOf(bytes, start, cut)
  }

  #addSamples(line: number, timestampMs: number): void {
    const { rejections } = this.#builder
    for (let i = 0; i < this.#values.length; i++) {
      const value = this.#values[i]
      if (Number.isNaN(value)) {
        const fault = { reason: 'unsupported', message: 'a field with a text is no sample' } as const
        rejections.add(fault, 1, () => `line ${line}`)
        continue
      }
      const isGuessed = i === 0 && this.#firstRef >= 0
      const ref = isGuessed ? this.#firstRef : this.#resolve(i, line)
      if (ref >= 0) this.#builder.add(ref, timestampMs, value)
    }
  }

  /** Ref of the series of the point's field `i`, or -1 where it is rejected. */
  #resolve(i: number, line: number): number {
    if (this.#seriesEnd === 0) this.#passSeries()
    const [nameStart, nameEnd] = [this.#names[2 * i], this.#names[2 * i + 1]]
    // The first field's key is at hand as it was sent. Composing may replace the memory of keys.
    const start = i === 0 ? this.#seriesStart : 0
    const end = i === 0 ? nameEnd + 1 : this.#composeKey(nameStart, nameEnd)
    const key = i === 0 ? this.#bytes : this.#key
    const known = this.#keys.find(key, start, end)
    if (known >= 0) return known
    const found = internLabels(this.#labelsOf(nameStart, nameEnd), this.#context)
    if (typeof found !== 'number') {
      this.#builder.rejections.add(found, 1, () => `line ${line}`)
      return -1
    }
    this.#keys.remember(key, start, end, found)
    return found
  }

  #composeKey(nameStart: number, nameEnd: number): number {
    const bytes = this.#bytes
    const seriesLength = this.#seriesEnd - this.#seriesStart
    const length = seriesLength + 1 + (nameEnd - nameStart) + 1
    if (length > this.#key.length) this.#key = Buffer.alloc(length * 2)
    bytes.copy(this.#key, 0, this.#seriesStart, this.#seriesEnd)
    this.#key[seriesLength] = space
    bytes.copy(this.#key, seriesLength + 1, nameStart, nameEnd + 1)
    return length
  }

  /** Throws: DecodeError where a tag is malformed. */
  #labelsOf(nameStart: number, nameEnd: number): [string, string][] {
    const [measurement, ...tags] = splitEscaped(strictText(this.#bytes, this.#seriesStart, this.#seriesEnd), ',')
    const field = strictText(this.#bytes, nameStart, nameEnd)
    const labels: [string, string][] = [['__name__', `${unescaped(measurement)}_${unescaped(field)}`]]
    for (const tag of tags) {
      const [name, value, ...more] = splitEscaped(tag, '=')
      if (name === '' || value === undefined || value === '' || more.length > 0) throw this.#error('expected tag=value')
      labels.push([unescaped(name), unescaped(value)])
    }
    for (const [name, value] of this.#options.labels)
      if (!labels.some(([known]) => known === name)) labels.push([name, value])
    return labels
  }

  #passBlanks(): void {
    while (this.#bytes[this.#at] === space) this.#at++
  }

  #lineEnd(): number {
    const found = this.#bytes.indexOf(newline, this.#at)
    return found === -1 ? this.#bytes.length : found
  }

  #error(message: string): DecodeError {
    return new DecodeError(message, `byte ${this.#at}`)
  }
}

function isDelimiter(byte: number): boolean {
  return byte === comma || byte === space || byte === newline || byte === carriageReturn
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function areDigits(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isDigit(bytes[i])) return false
  return true
}

function splitEscaped(text: string, separator: ',' | '='): string[] {
  if (!text.includes('\\')) return text.split(separator)
  const parts = ['']
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && i + 1 < text.length) parts[parts.length - 1] += text[i] + text[++i]
    else if (text[i] === separator) parts.push('')
    else parts[parts.length - 1] += text[i]
  }
  return parts
}

/** A backslash stands for itself unless one of these follows. */
function unescaped(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,= \\"])/g, '$1') : text
}
