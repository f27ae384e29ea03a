import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import type { AttributeType } from '../../model/columns.ts'
import { attributeOf } from '../../model/resource.ts'
import type { TenantId } from '../../model/tenant.ts'
import { Line } from '../lines/line.ts'
import { LineTime } from '../lines/line-time.ts'
import { numberOfSeverityText, textOfSeverityNumber } from '../severity.ts'
import { pipelineBounds } from './bounds.ts'
import { noObservations, type Observations } from './observations.ts'
import { RecordAttributes } from './record-attributes.ts'
import type { RecordField } from './record-field.ts'

/** What becomes of a line, as far as its stages have decided. `left`: out of the pipeline that runs, not of the next. */
export type Verdict = 'stays' | 'left' | 'dropped' | 'sampled'

const stringLetter = 0x73
const traceBytes = 16
const spanBytes = 8
const maxSeverityNumber = 24

/**
 * One log record of a batch while stages work on it; one object serves all rows. Values are read when a stage asks for
 * them. Body and attributes are kept until the batch is written anew; fields of fixed width are changed in place.
 */
export class LineRecord {
  readonly attributes = new RecordAttributes()
  /** Where stages put what they count; set by who runs them. */
  observations: Observations = noObservations
  verdict: Verdict = 'stays'
  /** The tenant and the days that a stage sent the line to; null: as the batch says. */
  tenant: TenantId | null = null
  retentionDays: number | null = null
  #batch: LogBatch | null = null
  #bodies: Buffer = Buffer.alloc(0)
  #nowMs = 0
  #row = 0
  #body: string | null = null
  #isBodyChanged = false
  #severityText: string | null = null
  readonly #line = new Line()
  readonly #time = new LineTime()

  /** Points at a batch; `begin` points at its rows. */
  open(batch: LogBatch, nowMs: number): void {
    const { data } = batch.body
    this.#batch = batch
    this.#nowMs = nowMs
    this.#bodies = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    this.attributes.open(batch.attributes)
  }

  begin(row: number): void {
    this.#row = row
    this.#body = null
    this.#isBodyChanged = false
    this.#severityText = null
    this.verdict = 'stays'
    this.tenant = null
    this.retentionDays = null
    this.attributes.begin(row)
  }

  get row(): number {
    return this.#row
  }

  /** Low 32 bits of the time in Unix nanoseconds. */
  get timeLow(): number {
    return this.#open.timeUnixNano[2 * this.#row]
  }

  get isBodyChanged(): boolean {
    return this.#isBodyChanged
  }

  /** The severity text that a stage gave; null: none did. */
  get newSeverityText(): string | null {
    return this.#severityText
  }

  get body(): string {
    if (this.#body === null) {
      const { offsets } = this.#open.body
      this.#body = this.#bodies.toString('utf8', offsets[this.#row], offsets[this.#row + 1])
    }
    return this.#body
  }

  /** The field in words; null where the record does not have it. Times in ISO 8601, ids in lower-case hex. */
  text(field: RecordField): string | null {
    const batch = this.#open
    switch (field.kind) {
      case 'attribute': {
        const index = this.attributes.indexOf(field.key)
        return index === -1 ? null : this.attributes.textAt(index)
      }
      case 'resource':
        return orNull(attributeOf(batch.resources[batch.resource[this.#row]], field.key))
      case 'body':
        return this.body
      case 'severity':
        return orNull(this.#severity())
      case 'severity_number':
        return orNull(batch.severityNumber[this.#row] === 0 ? '' : String(batch.severityNumber[this.#row]))
      case 'time':
        return this.#timeText()
      case 'trace_id':
        return this.#id(batch.traceId, traceBytes)
      case 'span_id':
        return this.#id(batch.spanId, spanBytes)
      case 'event_name':
        return orNull(batch.eventName.values[batch.eventName.indexes[this.#row]])
      case 'scope':
        return orNull(batch.scopes[batch.scope[this.#row]].name)
    }
  }

  /** Gives the field a value; the answer: why that cannot be, or null. Types are of attributes only. */
  set(field: RecordField, value: string, type: AttributeType = 's'): string | null {
    switch (field.kind) {
      case 'attribute':
        if (this.attributes.set(field.key, type, value)) return null
        return `the line has ${pipelineBounds.attributesPerLine} attributes already, as many as it may`
      case 'body':
        this.#body = value
        this.#isBodyChanged = true
        this.#open.bodyType[this.#row] = stringLetter
        return null
      case 'severity':
        return this.#setSeverity(value)
      case 'time':
        return this.#setTime(value)
      case 'trace_id':
        return setId(this.#open.traceId, traceBytes, { row: this.#row, hex: value })
      case 'span_id':
        return setId(this.#open.spanId, spanBytes, { row: this.#row, hex: value })
      default:
        return `${field.kind} cannot be written`
    }
  }

  /** Takes the field out; a body becomes empty, a severity, trace or span id nothing. A time stays. */
  remove(field: RecordField): void {
    const { severityNumber, traceId, spanId } = this.#open
    if (field.kind === 'attribute') {
      const index = this.attributes.indexOf(field.key)
      if (index !== -1) this.attributes.removeAt(index)
    } else if (field.kind === 'body') this.set(field, '')
    else if (field.kind === 'severity') {
      severityNumber[this.#row] = 0
      this.#severityText = ''
    } else if (field.kind === 'trace_id') traceId.fill(0, traceBytes * this.#row, traceBytes * (this.#row + 1))
    else if (field.kind === 'span_id') spanId.fill(0, spanBytes * this.#row, spanBytes * (this.#row + 1))
  }

  get #open(): LogBatch {
    return this.#batch as LogBatch
  }

  #severity(): string {
    if (this.#severityText !== null) return this.#severityText
    const { severityText, severityNumber } = this.#open
    const text = severityText.values[severityText.indexes[this.#row]]
    return text === '' ? textOfSeverityNumber(severityNumber[this.#row]) : text
  }

  #setSeverity(value: string): string | null {
    const written = Number(value)
    const isNumber = Number.isInteger(written) && written >= 1 && written <= maxSeverityNumber
    const number = isNumber ? written : numberOfSeverityText(value)
    if (number === 0) return 'it is no severity that is known'
    this.#open.severityNumber[this.#row] = number
    this.#severityText = isNumber ? textOfSeverityNumber(number) : value
    return null
  }

  #timeText(): string | null {
    const pairs = this.#open.timeUnixNano
    const nanos = (BigInt(pairs[2 * this.#row + 1]) << 32n) | BigInt(pairs[2 * this.#row])
    const date = new Date(Number(nanos / 1_000_000n))
    if (nanos === 0n || Number.isNaN(date.getTime())) return null
    const below = nanos % 1_000_000n
    const text = date.toISOString()
    return below === 0n ? text : `${text.slice(0, -1)}${String(below).padStart(6, '0')}Z`
  }

  /** Layouts as in docs/log-lines.md: ISO 8601, that of access logs, syslog's, seconds to nanoseconds since 1970. */
  #setTime(value: string): string | null {
    const bytes = Buffer.from(value.slice(0, pipelineBounds.labelLength))
    const time = this.#time
    const line = this.#line
    time.clear()
    time.nowMs = this.#nowMs
    const readings = [
      () => time.epoch(bytes, 0, bytes.length),
      () => time.iso(line) && line.isAtEnd,
      () => time.common(line) && line.isAtEnd,
      () => time.weekday(line) && line.isAtEnd,
      () => time.syslog(line) && line.isAtEnd,
    ]
    for (const isRead of readings) {
      line.set(bytes, 0, { end: bytes.length, bodyEnd: bytes.length })
      if (!isRead() || Number.isNaN(time.seconds)) continue
      const nanos = BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanos)
      const pairs = this.#open.timeUnixNano
      pairs[2 * this.#row] = Number(nanos & 0xffffffffn)
      pairs[2 * this.#row + 1] = Number(nanos >> 32n)
      return null
    }
    return "it is no time; expected ISO 8601, an access log's or syslog's, or a number since 1970"
  }

  #id(ids: Uint8Array, width: number): string | null {
    const from = width * this.#row
    for (let i = from; i < from + width; i++)
      if (ids[i] !== 0) return Buffer.from(ids.buffer, ids.byteOffset + from, width).toString('hex')
    return null
  }
}

function orNull(text: string): string | null {
  return text === '' ? null : text
}

function setId(ids: Uint8Array, width: number, { row, hex }: { row: number; hex: string }): string | null {
  const digits = width * 2
  if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex)) return `expected an id of ${digits} hexadecimal digits`
  ids.set(Buffer.from(hex, 'hex'), width * row)
  return null
}
