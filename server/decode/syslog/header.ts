import type { Buffer } from 'node:buffer'
import type { Attribute } from '../../model/columns.ts'
import { DecodeError } from '../../model/sink.ts'
import { unixNanoOf } from '../wire/time-text.ts'

/** Header and structured data of an RFC 5424 message. Fields that are `-` are ''. */
export interface SyslogHeader {
  /** Unix nanoseconds; 0 where there is none. */
  readonly time: bigint
  readonly host: string
  readonly app: string
  readonly procId: string
  readonly msgId: string
  /** `syslog.structured_data.ID.NAME`, in the sender's order. */
  readonly data: readonly Attribute[]
  /** Where the message's text begins, behind a byte order mark. */
  readonly end: number
}

const space = 0x20
const quote = 0x22
const backslash = 0x5c
const closing = 0x5d
const equals = 0x3d
const opening = 0x5b
const dash = 0x2d

/** Whether what stands behind the priority is version 1 of RFC 5424. */
export function isVersionOne(text: string, start: number): boolean {
  return text.startsWith('1 ', start)
}

/**
 * Reads the header behind `<PRI>1 `. Lengths of fields are not judged beyond the limits of records.
 * Throws: DecodeError where it is no RFC 5424 message. Source: RFC 5424, section 6.
 */
export function readSyslogHeader(bytes: Buffer, start: number): SyslogHeader {
  const reader = new HeaderReader(bytes, start)
  const timeText = reader.field()
  const time = timeText === '' ? 0n : unixNanoOf(timeText)
  if (time === null) throw new DecodeError('TIMESTAMP is no RFC 3339 time', `byte ${start}`)
  const host = reader.field()
  const app = reader.field()
  const procId = reader.field()
  const msgId = reader.field()
  return { time, host, app, procId, msgId, data: reader.data(), end: reader.textStart() }
}

class HeaderReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes
    this.#at = start
  }

  field(): string {
    const end = this.#bytes.indexOf(space, this.#at)
    if (end <= this.#at) throw this.#error('a header field and a blank expected')
    const text = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + 1
    return text === '-' ? '' : text
  }

  data(): Attribute[] {
    const attributes: Attribute[] = []
    if (this.#bytes[this.#at] === dash) this.#at++
    else if (this.#bytes[this.#at] !== opening) throw this.#error('structured data expected, `-` or `[`')
    while (this.#bytes[this.#at] === opening) this.#element(attributes)
    return attributes
  }

  /** Start of the text behind structured data: a blank, maybe a byte order mark. */
  textStart(): number {
    const bytes = this.#bytes
    if (this.#at === bytes.length) return this.#at
    if (bytes[this.#at] !== space) throw this.#error('a blank behind structured data expected')
    const at = this.#at + 1
    return bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf ? at + 3 : at
  }

  #element(attributes: Attribute[]): void {
    this.#at++
    const id = this.#name()
    if (this.#bytes[this.#at] === closing) attributes.push(entry(id, ''))
    while (this.#bytes[this.#at] === space) {
      // A blank before the bracket is against the grammar, and written by some.
      while (this.#bytes[this.#at] === space) this.#at++
      if (this.#bytes[this.#at] === closing) break
      const name = this.#name()
      if (this.#bytes[this.#at] !== equals || this.#bytes[this.#at + 1] !== quote) throw this.#error('`="` expected')
      this.#at += 2
      attributes.push(entry(`${id}.${name}`, this.#value()))
    }
    if (this.#bytes[this.#at] !== closing) throw this.#error('`]` expected')
    this.#at++
  }

  #name(): string {
    const start = this.#at
    let at = start
    for (let byte = this.#bytes[at]; at < this.#bytes.length; byte = this.#bytes[++at])
      if (byte === space || byte === equals || byte === closing || byte === quote) break
    if (at === start) throw this.#error('a name expected')
    this.#at = at
    return this.#bytes.toString('utf8', start, at)
  }

  /** Up to the closing quotation mark, escapes of `"`, `\` and `]` undone; other backslashes stand for themselves. */
  #value(): string {
    const bytes = this.#bytes
    const start = this.#at
    let at = start
    let hasEscape = false
    for (; at < bytes.length && bytes[at] !== quote; at++)
      if (bytes[at] === backslash) {
        hasEscape = true
        if (bytes[at + 1] === quote || bytes[at + 1] === backslash) at++
      }
    if (at >= bytes.length) throw this.#error('a closing quotation mark expected')
    this.#at = at + 1
    const text = bytes.toString('utf8', start, at)
    return hasEscape ? text.replace(/\\(["\\\]])/g, '$1') : text
  }

  #error(message: string): DecodeError {
    return new DecodeError(message, `byte ${this.#at}`)
  }
}

function entry(name: string, value: string): Attribute {
  return { key: `syslog.structured_data.${name}`, type: 's', value }
}
