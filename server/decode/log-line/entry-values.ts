import type { Buffer } from 'node:buffer'
import { readHexId } from '../wire/hex-ids.ts'
import { unixNanoOf } from '../wire/time-text.ts'
import { type LogEntries, letters } from './log-entries.ts'

/*
 * Fields of log records read from values where they stand: what `log-line-fields.ts` reads from JSON values.
 */

/** The 64-bit number read last. One for all, as no object may be made per field. */
export const pair = { low: 0, high: 0 }

/** Digits of an integer that is a double. */
const maxDigits = 16

/** Seconds from which on nanoseconds may not fit 64 bits. */
const maxSeconds = 18_446_744_073

/** Characters of `2026-01-31T12:00:00`, and of `+02:00`. */
const secondLength = 19
const zoneLength = 6

/** The second in words that was read last, and what it is since 1970: times come in order. */
const lastSecond = { bytes: new Uint8Array(secondLength), unixSeconds: -1 }

/** Sets `pair` to nanoseconds, without a number between that a double does not hold. */
export function setNanos(seconds: number, nanos: number): void {
  const upper = Math.floor(seconds / 0x1_0000) * 1_000_000_000
  const lower = (upper % 0x1_0000) * 0x1_0000 + (seconds % 0x1_0000) * 1_000_000_000 + nanos
  pair.low = lower >>> 0
  pair.high = Math.floor(upper / 0x1_0000) + Math.floor(lower / 0x1_0000_0000)
}

/** Sets `pair` to Unix nanoseconds. */
function setBigNanos(nanos: bigint): void {
  pair.low = Number(BigInt.asUintN(32, nanos))
  pair.high = Number(nanos >> 32n)
}

/** Reads a time in words or digits, or as a number, into `pair`; units as `unixNanoOf` tells them apart. False: it is none. */
export function readTime(entries: LogEntries, entry: number): boolean {
  const source = entries.sourceOf(entry)
  const start = entries.starts[entry]
  const end = entries.ends[entry]
  const letter = entries.types[entry]
  if (letter === letters.string)
    return readWords(source, start, end) || setTime(unixNanoOf(entries.textOf(entry).trim()))
  if (letter !== letters.integer && letter !== letters.double) return false
  return (end - start <= maxDigits && readNumber(source, start, end)) || setTime(unixNanoOf(entries.textOf(entry)))
}

function setTime(nanos: bigint | null): boolean {
  if (nanos === null) return false
  setBigNanos(nanos)
  return true
}

/** Reads a time in UTF-8, in words or digits, into `pair`, as `unixNanoOf` does. False: it is none. */
export function readTimeText(source: Buffer, start: number, end: number): boolean {
  return readUsualTime(source, start, end) || setTime(unixNanoOf(source.toString('utf8', start, end)))
}

/** As `readTimeText`, but of times in the form `2026-01-31T12:00:00.123456789Z` only, or with an offset like `+02:00`. */
export function readUsualTime(source: Buffer, start: number, end: number): boolean {
  const zone = zoneMinutes(source, end)
  return Number.isNaN(zone)
    ? readWords(source, start, end)
    : readSecondAndFraction(source, { start, end: end - zoneLength, zone })
}

/** Sets `pair` to the Unix nanoseconds of a moment in milliseconds, of which a fraction is cut off. */
export function setUnixMs(unixMs: number): void {
  const seconds = Math.floor(unixMs / 1_000)
  setNanos(seconds, Math.trunc(unixMs - seconds * 1_000) * 1_000_000)
}

/** Minutes of `+02:00` before `end`; NaN where that is not what stands there. */
function zoneMinutes(source: Buffer, end: number): number {
  const sign = source[end - zoneLength]
  if (source[end - 3] !== 0x3a || (sign !== 0x2b && sign !== 0x2d)) return Number.NaN
  const minutes = twoDigits(source, end - 5) * 60 + twoDigits(source, end - 2)
  return sign === 0x2d ? -minutes : minutes
}

function twoDigits(source: Buffer, at: number): number {
  const tens = source[at] - 0x30
  const ones = source[at + 1] - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

/** `2026-01-31T12:00:00.123456789Z`. */
function readWords(source: Buffer, start: number, end: number): boolean {
  return source[end - 1] === 0x5a && readSecondAndFraction(source, { start, end: end - 1, zone: 0 })
}

/** `2026-01-31T12:00:00.123456789`, in a zone so many minutes ahead of UTC. */
function readSecondAndFraction(
  source: Buffer,
  { start, end, zone }: { start: number; end: number; zone: number },
): boolean {
  const nanos = fractionNanos(source, start + secondLength, end)
  if (nanos < 0) return false
  if (!isLastSecond(source, start)) {
    const found = unixNanoOf(`${source.toString('latin1', start, start + secondLength)}Z`)
    if (found === null) return false
    lastSecond.bytes.set(source.subarray(start, start + secondLength))
    lastSecond.unixSeconds = Number(found / 1_000_000_000n)
  }
  const seconds = lastSecond.unixSeconds - zone * 60
  if (seconds < 0 || seconds >= maxSeconds) return false
  setNanos(seconds, nanos)
  return true
}

function isLastSecond(source: Buffer, start: number): boolean {
  const { bytes, unixSeconds } = lastSecond
  // From the end, where seconds differ.
  for (let i = secondLength - 1; i >= 0; i--) if (source[start + i] !== bytes[i]) return false
  return unixSeconds >= 0
}

/** Nanoseconds of `.123456789`, or of nothing; -1 where that is not what stands there. */
function fractionNanos(source: Buffer, start: number, end: number): number {
  if (end === start) return 0
  if (end < start + 2 || end > start + 10 || source[start] !== 0x2e) return -1
  let nanos = 0
  for (let i = start + 1; i < start + 10; i++) {
    const digit = i < end ? source[i] - 0x30 : 0
    if (digit < 0 || digit > 9) return -1
    nanos = nanos * 10 + digit
  }
  return nanos
}

/** A number of at most `maxDigits` characters: seconds, milliseconds or microseconds by its size. */
function readNumber(source: Buffer, start: number, end: number): boolean {
  let whole = 0
  let at = start
  for (; at < end && source[at] !== 0x2e; at++) {
    if (source[at] === 0x2d) return false
    whole = whole * 10 + (source[at] - 0x30)
  }
  const perSecond = whole >= 100_000_000_000_000 ? 1_000_000 : whole >= 100_000_000_000 ? 1_000 : 1
  let rest = (whole % perSecond) * (1_000_000_000 / perSecond)
  let unit = 1_000_000_000 / perSecond / 10
  for (at++; at < end && unit >= 1; at++) {
    rest += (source[at] - 0x30) * unit
    unit /= 10
  }
  const seconds = Math.floor(whole / perSecond)
  if (seconds >= maxSeconds) return false
  setNanos(seconds, rest)
  return true
}

/** An integer from 0 to `most`; -1 where the value is none. */
export function readInteger(entries: LogEntries, entry: number, most: number): number {
  if (entries.types[entry] !== letters.integer) return -1
  const source = entries.sourceOf(entry)
  const end = entries.ends[entry]
  let value = 0
  for (let at = entries.starts[entry]; at < end; at++) {
    if (source[at] === 0x2d) return -1
    value = value * 10 + (source[at] - 0x30)
    if (value > most) return -1
  }
  return value
}

/** Whether a number is an integer of more digits than a double holds: a bigint as JSON value. */
export function isLong(entries: LogEntries, entry: number): boolean {
  const start = entries.starts[entry]
  const digits = entries.ends[entry] - start - (entries.sourceOf(entry)[start] === 0x2d ? 1 : 0)
  return entries.types[entry] === letters.integer && digits > maxDigits
}

/** Reads an id in hex of all digits. */
export function readId(entries: LogEntries, entry: number, id: Uint8Array): boolean {
  const start = entries.starts[entry]
  const end = entries.ends[entry]
  return (
    entries.isText(entry) && end - start === id.length * 2 && readHexId(entries.sourceOf(entry), start, end, id) >= 0
  )
}

const flagByte = new Uint8Array(1)

/** Trace flags as two digits in hex or an integer; -1 where they are neither. */
export function readFlags(entries: LogEntries, entry: number): number {
  if (readId(entries, entry, flagByte)) return flagByte[0]
  return readInteger(entries, entry, 0xffff_ffff)
}
