import type { Buffer } from 'node:buffer'
import { pair, readUsualTime } from '../log-line/entry-values.ts'
import { readLegacyTime } from './legacy-header.ts'

const space = 0x20
const percent = 0x25
const colon = 0x3a
const opening = 0x5b
const closing = 0x5d
const upperT = 0x54

/** Bytes of `Oct 11 22:14:15`. */
const bsdTimeLength = 15

/** Bytes from the start of a message in which a header may stand, as `syslog.ts` looks for one. */
const maxHeaderBytes = 512

/** Bounds on the parts of a header, bytes, as `legacy-header.ts` has them. A short word behind a time may belong to the time. */
const maxHostBytes = 255
const minHostBytes = 5
const maxAppBytes = 48
const maxProcIdBytes = 128

/**
 * Reads the header of RFC 3164 as most senders write it, in ASCII: `Oct 11 22:14:15 host app[123]: text`, or with a time of
 * RFC 3339. For all else there is `readLegacyHeader`, which finds the same here.
 */
export class PlainLegacyHeader {
  timeLow = 0
  timeHigh = 0
  hostStart = 0
  hostEnd = 0
  appStart = 0
  appEnd = 0
  procIdStart = 0
  /** 0: there is none. */
  procIdEnd = 0
  /** Where the text begins. */
  end = 0
  readonly #offsetMinutes: (unixMs: number) => number
  /** The time without a year that was read last, when, and what it is: lines of one second come together. */
  readonly #lastTime = new Uint8Array(bsdTimeLength)
  #lastMs = Number.NaN
  #lastLow = 0
  #lastHigh = 0

  constructor(offsetMinutes: (unixMs: number) => number) {
    this.#offsetMinutes = offsetMinutes
  }

  /** Reads the header at `start`, behind the priority. False: it is unusual. */
  read(bytes: Buffer, start: number, receivedMs: number): boolean {
    const timeEnd = isDigit(bytes[start]) ? this.#readIso(bytes, start) : this.#readBsd(bytes, start, receivedMs)
    if (timeEnd < 0) return false
    this.hostStart = timeEnd + 1
    this.hostEnd = wordEnd(bytes, this.hostStart)
    const hostBytes = this.hostEnd - this.hostStart
    if (hostBytes < minHostBytes || hostBytes > maxHostBytes || bytes[this.hostEnd] !== space) return false
    return this.#readTag(bytes, this.hostEnd + 1) && this.end < maxHeaderBytes
  }

  /** Where the time ends, a blank behind it; -1 where it is unusual. */
  #readIso(bytes: Buffer, start: number): number {
    const end = bytes.indexOf(space, start)
    if (end < 0 || bytes[start + 10] !== upperT || !readUsualTime(bytes, start, end)) return -1
    this.timeLow = pair.low
    this.timeHigh = pair.high
    return end
  }

  #readBsd(bytes: Buffer, start: number, receivedMs: number): number {
    const end = start + bsdTimeLength
    if (bytes[end] !== space) return -1
    if (receivedMs !== this.#lastMs || !this.#isLastTime(bytes, start)) {
      const local = { nowMs: receivedMs, offsetMinutes: this.#offsetMinutes }
      const found = readLegacyTime(bytes.toString('latin1', start, end + 1), local)
      if (found === null || found.length !== bsdTimeLength + 1) return -1
      this.#lastTime.set(bytes.subarray(start, end))
      this.#lastMs = receivedMs
      this.#lastLow = Number(BigInt.asUintN(32, found.nano))
      this.#lastHigh = Number(found.nano >> 32n)
    }
    this.timeLow = this.#lastLow
    this.timeHigh = this.#lastHigh
    return end
  }

  #isLastTime(bytes: Buffer, start: number): boolean {
    for (let i = bsdTimeLength - 1; i >= 0; i--) if (this.#lastTime[i] !== bytes[start + i]) return false
    return true
  }

  /** `app: ` or `app[123]: `. */
  #readTag(bytes: Buffer, start: number): boolean {
    this.appStart = start
    this.appEnd = wordEnd(bytes, start)
    this.procIdEnd = 0
    const appBytes = this.appEnd - start
    if (appBytes < 1 || appBytes > maxAppBytes || bytes[start] === percent) return false
    let at = this.appEnd
    if (bytes[at] === opening) {
      this.procIdStart = at + 1
      for (at++; bytes[at] !== closing; at++) if (!isVisible(bytes[at])) return false
      this.procIdEnd = at
      const procIdBytes = at - this.procIdStart
      if (procIdBytes < 1 || procIdBytes > maxProcIdBytes) return false
      at++
    }
    if (bytes[at] !== colon || bytes[at + 1] !== space) return false
    this.end = at + 2
    return true
  }
}

/** Where the word ends: before what is no visible character of ASCII, a colon or a bracket. */
function wordEnd(bytes: Buffer, start: number): number {
  let at = start
  while (isVisible(bytes[at]) && bytes[at] !== colon && bytes[at] !== opening && bytes[at] !== closing) at++
  return at
}

function isVisible(byte: number): boolean {
  return byte > space && byte < 0x7f
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
