import { Buffer } from 'node:buffer'
import type { Rejection, RejectReason } from '../model/batch.ts'
import type { Memory } from '../model/memory.ts'
import { DecodeError } from '../model/sink.ts'
import type { TenantId } from '../model/tenant.ts'

/** Bounds on the shape of one row. A row beyond one is rejected with its reason; the others of the request stay. */
export interface RecordLimits {
  /** Attributes of a record, a span, an event or a link, as sent. Beyond: `too_many_attributes`. */
  readonly maxAttributes: number
  /** UTF-8 bytes of an attribute's key. Beyond: `attribute_too_long`. */
  readonly maxAttributeKeyBytes: number
  /** Bytes of an attribute's value in its text form. Beyond: `attribute_too_long`. */
  readonly maxAttributeValueBytes: number
  /** Bytes of a log's body in its text form. Beyond: `body_too_long`. */
  readonly maxBodyBytes: number
}

export const defaultRecordLimits: RecordLimits = {
  maxAttributes: 1_000,
  maxAttributeKeyBytes: 1_024,
  maxAttributeValueBytes: 1_048_576,
  maxBodyBytes: 4_194_304,
}

/**
 * Rows of one request, span events and links counted too. Beyond: DecodeError for the request.
 * An empty record takes 2 bytes of the request and some 100 in columns, so bytes alone are no bound for memory.
 */
const maxRows = 1_048_576

/**
 * Malformed rows that are passed over in one request. Beyond: DecodeError for the request, as it is not the format
 * that it is said to be. Each costs an exception, so that without the bound a request of nothing else took seconds.
 */
const maxMalformedRows = 10_000

/** Longest sample of a rejection, characters. */
const maxSampleLength = 256

/** What a decoder must know besides the bytes. */
export interface DecodeContext {
  readonly tenant: TenantId
  /** Public name of the receiver, e.g. `otlp_http`. */
  readonly receiver: string
  /** Bytes as they came over the wire, before decompression. */
  readonly receivedBytes: number
  /** Absent: `defaultRecordLimits`. */
  readonly limits?: RecordLimits
  /** For the batch's columns; absent: memory of its own. */
  readonly memory?: Memory
  /** Makes values of every record, as of unusual ones, where a decoder can read bytes straight into columns: tests hold the two to the same rows. */
  readonly readsValues?: boolean
}

/** What is wrong with a row, or with the resource or scope of rows. */
export interface Fault {
  readonly reason: RejectReason
  readonly message: string
}

/** Judges rows while a request is decoded: notes the fault of the row at hand, counts rejected rows, bounds all rows. */
export class RowJudge {
  readonly limits: RecordLimits
  #fault: Fault | null = null
  #rows = 0
  #malformed = 0
  readonly #rejections = new Map<RejectReason, { count: number; sample: string }>()

  constructor(context: DecodeContext) {
    this.limits = context.limits ?? defaultRecordLimits
  }

  /** Begins a row, an event or a link. Throws: DecodeError where the request holds too many. */
  begin(): void {
    if (++this.#rows > maxRows) throw new DecodeError(`request holds more than ${maxRows} rows`, `row ${this.#rows}`)
  }

  /** Notes that the row at hand must be rejected. Only the first fault of a row counts. */
  blame(reason: RejectReason, message: string): void {
    this.#fault ??= { reason, message }
  }

  /** Notes `attribute_too_long` where a string of the row (a name, a message) has more bytes than a value may have. */
  judgeText(what: string, bytes: number): void {
    const most = this.limits.maxAttributeValueBytes
    if (bytes > most) this.blame('attribute_too_long', `${what} has ${bytes} bytes, at most ${most}`)
  }

  /**
   * Whether the row has room for one more attribute besides `entries`, and a key may have so many bytes. If not, that is
   * noted as `too_many_attributes` or `attribute_too_long`.
   */
  judgeAttribute(entries: number, keyBytes: number): boolean {
    const { maxAttributes, maxAttributeKeyBytes } = this.limits
    if (keyBytes > maxAttributeKeyBytes)
      this.blame('attribute_too_long', `an attribute key has ${keyBytes} bytes, at most ${maxAttributeKeyBytes}`)
    else if (entries >= maxAttributes) this.blame('too_many_attributes', `more than ${maxAttributes} attributes`)
    else return true
    return false
  }

  /** `judgeText` of a text at hand; no character of it takes more than 3 bytes. */
  judgeString(what: string, text: string): void {
    if (text.length * 3 > this.limits.maxAttributeValueBytes) this.judgeText(what, Buffer.byteLength(text))
  }

  /** `judgeAttribute` and, of its value, `judgeText`, for an attribute at hand as text. */
  judgeAttributeText(entries: number, key: string, value: string): boolean {
    const { maxAttributes, maxAttributeKeyBytes, maxAttributeValueBytes } = this.limits
    const isShort = key.length * 3 <= maxAttributeKeyBytes && value.length * 3 <= maxAttributeValueBytes
    if (isShort && entries < maxAttributes) return true
    if (!this.judgeAttribute(entries, Buffer.byteLength(key))) return false
    this.judgeText('an attribute value', Buffer.byteLength(value))
    return true
  }

  /** Notes `body_too_long` where a body has more bytes than it may have. */
  judgeBody(bytes: number): void {
    const most = this.limits.maxBodyBytes
    if (bytes > most) this.blame('body_too_long', `body has ${bytes} bytes, at most ${most}`)
  }

  /** Whether the row at hand has a fault. */
  get isBlamed(): boolean {
    return this.#fault !== null
  }

  /** The fault noted, which is forgotten. */
  takeFault(): Fault | null {
    const fault = this.#fault
    this.#fault = null
    return fault
  }

  /** Counts the row at hand as rejected for the fault noted, and forgets the fault. `path` names the row. */
  reject(path: string): void {
    const fault = this.takeFault()
    if (fault === null) return
    const known = this.#rejections.get(fault.reason)
    if (known === undefined) {
      const sample = `${path}: ${fault.message}`.slice(0, maxSampleLength)
      this.#rejections.set(fault.reason, { count: 1, sample })
    } else known.count++
  }

  /**
   * Notes an error thrown while the row at hand was read as its fault. Throws what is no DecodeError (a defect of ours),
   * and a DecodeError where the request holds too many malformed rows.
   */
  blameError(error: unknown): void {
    if (!(error instanceof DecodeError)) throw error
    if (++this.#malformed > maxMalformedRows)
      throw new DecodeError(`more than ${maxMalformedRows} malformed rows, the last: ${error.message}`, error.position)
    // A DecodeError tells what makes the row unreadable, which outweighs a limit noted before.
    this.#fault = { reason: 'malformed', message: error.message }
  }

  finish(): readonly Rejection[] {
    return [...this.#rejections].map(([reason, { count, sample }]) => ({ reason, count, sample }))
  }
}
