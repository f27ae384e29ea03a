const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?)?$/i

/**
 * Unix nanoseconds of ISO 8601 text, or null where it is none. A date alone is its midnight in UTC; a time without
 * a zone is refused (null), since nobody could say which one was meant. Nine decimal places are kept.
 */
export function parseInstant(text: string): bigint | null {
  const found = iso.exec(text)
  if (found === null) return null
  const [, day, time, fraction = '', zone] = found
  if (time !== undefined && zone === undefined) return null
  const ms = Date.parse(time === undefined ? `${day}T00:00:00Z` : `${day}T${time}${zone.toUpperCase()}`)
  if (Number.isNaN(ms)) return null
  // `Date.parse` rolls the 31st of a short month over; such a day was not meant.
  if (new Date(Date.parse(`${day}T00:00:00Z`)).toISOString().slice(0, 10) !== day) return null
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}

/** The same cut down to the second, for sentences. */
export function formatSecond(unixNano: bigint): string {
  return formatInstant((unixNano / 1_000_000_000n) * 1_000_000_000n)
}

/** ISO 8601 in UTC with as many decimal places as the time needs: none, 3, 6 or 9. */
export function formatInstant(unixNano: bigint): string {
  const secondsMs = unixNano / 1_000_000_000n
  let nanos = unixNano % 1_000_000_000n
  let seconds = secondsMs
  if (nanos < 0n) {
    nanos += 1_000_000_000n
    seconds -= 1n
  }
  const head = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  if (nanos === 0n) return `${head}Z`
  const digits = nanos.toString().padStart(9, '0')
  const places = digits.endsWith('000000') ? 3 : digits.endsWith('000') ? 6 : 9
  return `${head}.${digits.slice(0, places)}Z`
}
