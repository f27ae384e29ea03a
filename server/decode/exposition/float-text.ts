import type { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'

/** Powers of ten that a double holds exactly. */
const exactPowers = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)

/** 2^53: integers up to here are exact. */
const maxExact = 9_007_199_254_740_992

/** So many digits are exact however they are put together. */
const exactDigits = 15
/** Digits of the largest integer that is taken. */
const uint64Digits = 20
/** Of the least int64; the largest is one less. */
const int64Magnitude = 1n << 63n
const maxUint64 = (1n << 64n) - 1n

const decimalPattern = /^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$/i
const infinityPattern = /^([+-]?)inf(inity)?$/i
const nanPattern = /^nan$/i

/**
 * Number that the text `bytes[start .. end)` stands for, in the grammar of both expositions: what Go's ParseFloat
 * takes, less hexadecimal numbers and underscores. Rounded right: digits and exponent are put together only where both
 * are exact, which one division or multiplication then rounds as IEEE 754 asks; the rest is left to the runtime.
 * Throws: DecodeError where it is no number, or a finite one that a double cannot hold.
 */
export function floatOf(bytes: Buffer, start: number, end: number): number {
  let at = start
  const isNegative = bytes[at] === 0x2d
  if (isNegative || bytes[at] === 0x2b) at++
  let digits = 0
  let count = 0
  let scale = 0
  for (; at < end; at++) {
    const byte = bytes[at]
    if (byte >= 0x30 && byte <= 0x39) {
      digits = digits * 10 + (byte - 0x30)
      count++
      if (scale !== 0) scale++
    } else if (byte === 0x2e && scale === 0) scale = 1
    else break
  }
  if (at === end && count > 0 && digits < maxExact && count <= 22) {
    const magnitude = scale > 1 ? digits / exactPowers[scale - 1] : digits
    return isNegative ? -magnitude : magnitude
  }
  return slowFloat(bytes.toString('latin1', start, end), start)
}

function slowFloat(text: string, start: number): number {
  if (decimalPattern.test(text)) {
    const value = Number(text)
    if (Number.isFinite(value)) return value
  }
  const infinity = infinityPattern.exec(text)
  if (infinity !== null) return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (nanPattern.test(text)) return Number.NaN
  throw new DecodeError(`${JSON.stringify(text.slice(0, 40))} is not a number`, `byte ${start}`)
}

/** Decimal integer in `bytes[start .. end)`, as Go's ParseInt takes it. Throws: DecodeError, beyond int64 too. */
export function integerOf(bytes: Buffer, start: number, end: number): number {
  const isNegative = bytes[start] === 0x2d
  const first = isNegative || bytes[start] === 0x2b ? start + 1 : start
  const value = digitsOf(bytes, first, end, isNegative ? int64Magnitude : int64Magnitude - 1n)
  if (value < 0) throw noInteger(bytes, start, end)
  return isNegative ? -value : value
}

/** Decimal digits in `bytes[start .. end)`, as Go's ParseUint takes them. Throws: DecodeError, beyond uint64 too. */
export function unsignedOf(bytes: Buffer, start: number, end: number): number {
  const value = digitsOf(bytes, start, end, maxUint64)
  if (value < 0) throw noInteger(bytes, start, end)
  return value
}

/** The number that is nearest to the digits; -1 where they are none or more than `most`. */
function digitsOf(bytes: Buffer, start: number, end: number, most: bigint): number {
  let at = start
  while (at < end - 1 && bytes[at] === 0x30) at++
  const first = at
  let value = 0
  for (; at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39; at++) value = value * 10 + (bytes[at] - 0x30)
  if (at < end || at <= first) return -1
  if (at - first <= exactDigits) return value
  // Beyond 53 bits each step above may round, and the bounds are no numbers.
  if (at - first > uint64Digits) return -1
  const exact = BigInt(bytes.toString('latin1', first, end))
  return exact <= most ? Number(exact) : -1
}

function noInteger(bytes: Buffer, start: number, end: number): DecodeError {
  const text = bytes.toString('latin1', start, Math.min(end, start + 40))
  return new DecodeError(`${JSON.stringify(text)} is not an integer`, `byte ${start}`)
}

/**
 * A float as labels `le` and `quantile` have it in Prometheus 3: Go's shortest 'g' form with `.0` where it would look
 * like an integer. `1.0`, `0.25`, `1e+06`, `+Inf`.
 * Source: OpenMetrics 1.0 "Considerations: Canonical Numbers", Prometheus model/labels FormatOpenMetricsFloat.
 */
export function canonicalFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const text = shortestFloat(value)
  return /[e.]/.test(text) ? text : `${text}.0`
}

/** Go's FormatFloat(value, 'g', -1, 64) of a finite number. */
function shortestFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa, exponentText] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  // For the shortest form Go turns to exponents where 6 digits would not do.
  if (exponent >= -4 && exponent < 6) return plainDecimal(value)
  const padded = Math.abs(exponent) < 10 ? `0${Math.abs(exponent)}` : String(Math.abs(exponent))
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${padded}`
}

/** Go's FormatFloat(value, 'f', -1, 64): the shortest digits, never an exponent. OTLP's `le` has this form. */
export function plainDecimal(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const text = Object.is(value, -0) ? '-0' : String(value)
  const at = text.indexOf('e')
  if (at < 0) return text
  const sign = text.startsWith('-') ? '-' : ''
  const [whole, fraction = ''] = text.slice(sign.length, at).split('.')
  const exponent = Number(text.slice(at + 1))
  const digits = whole + fraction
  const point = whole.length + exponent
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length)
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}
