import { Buffer } from 'node:buffer'
import type { LogBatch } from '../model/batch.ts'
import type { Attribute } from '../model/columns.ts'
import type { InstrumentationScope, Resource } from '../model/resource.ts'
import { DecodeError } from '../model/sink.ts'
import { type DecodeContext, RowJudge } from './decode-context.ts'
import { isObject, type JsonObject, parseJson } from './json-document.ts'
import { type LogLine, sortLogLine } from './log-line-fields.ts'
import { LogRows } from './log-rows.ts'

/** Levels of objects and arrays within one another in a line. A line that is deeper is kept as text. */
const maxLineDepth = 64

/** Attribute of a line that begins like a JSON object but is none: what is wrong with it, and where. */
export const parseErrorKey = 'sightline.parse_error'

const newline = 0x0a
const carriageReturn = 0x0d
const brace = 0x7b

/**
 * Decodes logs that are sent as lines: one log record per line.
 *
 * A line that is a JSON object is sorted into fields (`log-line-fields.ts`: `time`, `level`, `message`, `service`,
 * `trace_id`, … under the names that loggers give them; times in RFC 3339 or as seconds, milliseconds, microseconds or
 * nanoseconds). Where no key says what the message is, the whole line is the body. Any other line is a record with the
 * line as its body, byte for byte without the line end. A line that begins with `{` but is no JSON (cut off, say) is
 * kept in that way too, with an attribute `sightline.parse_error`: a damaged line is worth more than none.
 * Lines without any character but blanks are passed over.
 * Rejected alone, named `line N` from 1: lines beyond a limit.
 * Throws: DecodeError where there are too many lines (`decode-context.ts`).
 * Cost: about 6 µs for a line of 240 bytes.
 */
export function decodeNdjsonLogs(body: Uint8Array, context: DecodeContext): LogBatch {
  return new NdjsonLogs(body, context).decode()
}

class NdjsonLogs {
  readonly #bytes: Buffer
  readonly #context: DecodeContext
  readonly #judge: RowJudge
  readonly #rows: LogRows
  readonly #resources: Resource[] = []
  readonly #scopes: InstrumentationScope[] = []
  readonly #resourceIndexes = new Map<string, number>()
  readonly #scopeIndexes = new Map<string, number>()

  constructor(body: Uint8Array, context: DecodeContext) {
    this.#bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    this.#context = context
    this.#judge = new RowJudge(context)
    this.#rows = new LogRows(body.length)
  }

  decode(): LogBatch {
    const bytes = this.#bytes
    const hasByteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    let line = 1
    for (let start = hasByteOrderMark ? 3 : 0; start < bytes.length; line++) {
      const found = bytes.indexOf(newline, start)
      const next = found === -1 ? bytes.length : found
      const end = next > start && bytes[next - 1] === carriageReturn ? next - 1 : next
      this.#readLine(start, end, line)
      start = next + 1
    }
    return this.#rows.finish(this.#context, this.#judge, { resources: this.#resources, scopes: this.#scopes })
  }

  #readLine(start: number, end: number, line: number): void {
    const first = firstCharacter(this.#bytes, start, end)
    if (first === end) return
    this.#judge.begin()
    const range = { start, end }
    if (this.#bytes[first] === brace) this.#readObject(range)
    else this.#addText(range, null)
    if (this.#judge.isBlamed) this.#judge.reject(`line ${line}`)
  }

  #readObject(range: Range): void {
    const parsed = parseLine(this.#bytes.subarray(range.start, range.end))
    if (typeof parsed === 'string') this.#addText(range, parsed)
    else this.#addLine(range, sortLogLine(parsed))
  }

  /** A record with the line as its body. */
  #addText(range: Range, parseError: string | null): void {
    this.#judge.judgeBody(range.end - range.start)
    if (this.#judge.isBlamed) return
    const attributes: Attribute[] = parseError === null ? [] : [{ key: parseErrorKey, type: 's', value: parseError }]
    this.#rows.body.add(this.#bytes, range.start, range.end)
    this.#rows.bodyType.add('s'.charCodeAt(0))
    this.#addRow({ ...emptyLine, attributes })
  }

  #addLine(range: Range, line: LogLine): void {
    this.#judgeLine(range, line)
    if (this.#judge.isBlamed) return
    if (line.body === null) this.#rows.body.add(this.#bytes, range.start, range.end)
    else this.#rows.body.addText(line.body.value)
    this.#rows.bodyType.add((line.body?.type ?? 's').charCodeAt(0))
    this.#addRow(line)
  }

  #judgeLine({ start, end }: Range, line: LogLine): void {
    const judge = this.#judge
    judge.judgeBody(line.body === null ? end - start : Buffer.byteLength(line.body.value))
    for (const [i, { key, value }] of [...line.attributes, ...line.resource].entries()) {
      if (!judge.judgeAttribute(i, Buffer.byteLength(key))) return
      judge.judgeText('an attribute value', Buffer.byteLength(value))
    }
    for (const text of [line.severityText, line.logger, line.eventName])
      judge.judgeText('a field', Buffer.byteLength(text))
  }

  /** Everything but the body and its type. */
  #addRow(line: LogLine): void {
    const rows = this.#rows
    rows.resource.add(this.#resourceOf(line.resource))
    rows.scope.add(this.#scopeOf(line.logger))
    rows.timeUnixNano.addPair(Number(line.time & 0xffff_ffffn), Number(line.time >> 32n))
    rows.observedUnixNano.addPair(Number(line.observed & 0xffff_ffffn), Number(line.observed >> 32n))
    rows.severityNumber.add(line.severityNumber)
    rows.severityText.addText(line.severityText)
    for (const { key, type, value } of line.attributes) {
      rows.attributes.keyText(key)
      rows.attributes.text(type, value)
    }
    rows.droppedAttributesCount.add(0)
    if (line.traceId === null) rows.traceId.addZero()
    else rows.traceId.add(line.traceId, 0)
    if (line.spanId === null) rows.spanId.addZero()
    else rows.spanId.add(line.spanId, 0)
    rows.flags.add(line.flags)
    rows.eventName.addText(line.eventName)
    rows.attributes.endRow()
  }

  #resourceOf(attributes: readonly Attribute[]): number {
    const key = JSON.stringify(attributes)
    let index = this.#resourceIndexes.get(key)
    if (index === undefined) {
      index = this.#resources.push({ attributes, droppedAttributesCount: 0, schemaUrl: '' }) - 1
      this.#resourceIndexes.set(key, index)
    }
    return index
  }

  #scopeOf(name: string): number {
    let index = this.#scopeIndexes.get(name)
    if (index === undefined) {
      index = this.#scopes.push({ name, version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' }) - 1
      this.#scopeIndexes.set(name, index)
    }
    return index
  }
}

interface Range {
  readonly start: number
  readonly end: number
}

const emptyLine: LogLine = {
  time: 0n,
  observed: 0n,
  severityNumber: 0,
  severityText: '',
  body: null,
  traceId: null,
  spanId: null,
  flags: 0,
  logger: '',
  eventName: '',
  resource: [],
  attributes: [],
}

/** The object that the line is, or in words why it is none. */
function parseLine(bytes: Uint8Array): JsonObject | string {
  try {
    const value = parseJson(bytes, maxLineDepth)
    return isObject(value) ? value : 'not a JSON object'
  } catch (error) {
    if (error instanceof DecodeError) return error.message
    throw error
  }
}

/** Offset of the first byte that is no blank, or `end`. */
function firstCharacter(bytes: Uint8Array, start: number, end: number): number {
  let i = start
  while (i < end && (bytes[i] === 0x20 || bytes[i] === 0x09 || bytes[i] === carriageReturn)) i++
  return i
}
