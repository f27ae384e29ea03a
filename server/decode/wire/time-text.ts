/** Date and time as in RFC 3339; also a blank for the T, a comma before the fraction, and no offset, which is UTC. */
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,18}))?\s?(?:([Zz])|([+-])(\d\d):?(\d\d))?$/

const decimal = /^(\d{1,20})(?:\.(\d{1,30}))?$/

/** Largest time of an unsigned 64-bit number of nanoseconds: in the year 2554. */
const maxUnixNano = 0xffff_ffff_ffff_ffffn

/** Smallest numbers that are taken for milliseconds, microseconds and nanoseconds: as seconds, all beyond the year 5000. */
const units: readonly [least: bigint, nanos: bigint][] = [
  [100_000_000_000_000_000n, 1n],
  [100_000_000_000_000n, 1_000n],
  [100_000_000_000n, 1_000_000n],
  [0n, 1_000_000_000n],
]

/**
 * Unix nanoseconds of a time in words or digits, or null where it is none, or is before 1970 or after 2554.
 *
 * Words: RFC 3339. Digits: seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size
 * (the bounds lie between 1973 and 5138); a decimal fraction is kept to the nanosecond. Finer digits are cut off.
 */
export function unixNanoOf(text: string): bigint | null {
  // Words have a hyphen behind the year, digits have none.
  const found = text.charCodeAt(4) === 0x2d ? unixNanoOfWords(text) : unixNanoOfDigits(text)
  return found === null || found < 0n || found > maxUnixNano ? null : found
}

function unixNanoOfDigits(text: string): bigint | null {
  const match = decimal.exec(text)
  if (match === null) return null
  const whole = BigInt(match[1])
  const [, nanos] = units.find(([least]) => whole >= least) ?? units[0]
  // As many digits of the fraction as one unit has nanoseconds: 9 for seconds, 6 for milliseconds.
  const digits = String(nanos).length - 1
  const fraction = (match[2] ?? '').slice(0, digits).padEnd(digits, '0')
  return whole * nanos + BigInt(fraction === '' ? 0 : fraction)
}

/** Unix nanoseconds of seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size as above. */
export function unixNanoOfInteger(value: number): bigint | null {
  if (!Number.isSafeInteger(value) || value < 0) return null
  // A safe integer is never nanoseconds.
  const unit = value >= 100_000_000_000_000 ? 1_000n : value >= 100_000_000_000 ? 1_000_000n : 1_000_000_000n
  const found = BigInt(value) * unit
  return found > maxUnixNano ? null : found
}

/** The second that was read last, `2026-01-31T12:00:00`, and its Unix nanoseconds: times come in order. */
let lastSecond = ''
let lastSecondNano = 0n

/** Nanoseconds of `.123456789Z` behind a second, or null where that is not what stands there. */
function fractionNanos(text: string): number | null {
  const end = text.length - 1
  if (end < 19 || text.charCodeAt(end) !== 0x5a || end > 29) return null
  if (end === 19) return 0
  if (text.charCodeAt(19) !== 0x2e || end === 20) return null
  let nanos = 0
  for (let i = 20; i < 29; i++) {
    const digit = i < end ? text.charCodeAt(i) - 0x30 : 0
    if (digit < 0 || digit > 9) return null
    nanos = nanos * 10 + digit
  }
  return nanos
}

function unixNanoOfWords(text: string): bigint | null {
  const nanos = fractionNanos(text)
  if (nanos === null) return unixNanoOfAnyWords(text)
  const second = text.slice(0, 19)
  if (second !== lastSecond) {
    const found = unixNanoOfAnyWords(`${second}Z`)
    if (found === null) return null
    lastSecond = second
    lastSecondNano = found
  }
  return lastSecondNano + BigInt(nanos)
}

function unixNanoOfAnyWords(text: string): bigint | null {
  const match = rfc3339.exec(text)
  if (match === null) return null
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number)
  if (!isDate(year, month, day) || hour > 23 || minute > 59 || second > 60) return null
  const offsetMinutes =
    match[9] === undefined ? 0 : Number(`${match[9]}1`) * (Number(match[10]) * 60 + Number(match[11]))
  const ms = Date.UTC(year, month - 1, day, hour, minute - offsetMinutes, second)
  return BigInt(ms) * 1_000_000n + BigInt((match[7] ?? '').slice(0, 9).padEnd(9, '0'))
}

function isDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}
