import type { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'

/** Powers of ten that a double holds exactly. */
const exactPowers = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)

/** 2^53: integers up to here are exact. */
const maxExact = 9_007_199_254_740_992

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
  let at = start
  const isNegative = bytes[at] === 0x2d
  if (isNegative || bytes[at] === 0x2b) at++
  let value = 0
  const first = at
  for (; at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39; at++) value = value * 10 + (bytes[at] - 0x30)
  if (at < end || at === first || value >= 2 ** 63)
    throw new DecodeError(
      `${JSON.stringify(bytes.toString('latin1', start, Math.min(end, start + 40)))} is not an integer`,
      `byte ${start}`,
    )
  return isNegative ? -value : value
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
