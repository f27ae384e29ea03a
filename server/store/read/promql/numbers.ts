import { type Fragment, sql } from '../fragment.ts'

/** Hashes as decimal digits in the text: numbers of our own need no parameter, and a long list none either. */
export function hashList(hashes: readonly bigint[]): Fragment {
  return { kind: 'fragment', texts: [`(${hashes.map((hash) => hash.toString()).join(', ')})`], parts: [] }
}

/** Whole numbers of our own as a list. */
export function numberList(numbers: Iterable<number>): Fragment {
  return { kind: 'fragment', texts: [`(${[...numbers].map((one) => Math.trunc(one)).join(', ')})`], parts: [] }
}

/** A DateTime64(3) of Unix milliseconds; times outside of what the type holds are moved to its ends. */
export function timeMs(ms: number): Fragment {
  const bounded = Math.trunc(Math.max(minMs, Math.min(maxMs, ms)))
  return sql`fromUnixTimestamp64Milli(${{ kind: 'parameter', type: 'Int64', value: String(bounded) }}, 'UTC')`
}

/** The hour of Unix milliseconds as a DateTime, which begins in 1970. */
export function hourOfMs(ms: number): Fragment {
  return sql`toStartOfHour(toDateTime(${timeMs(Math.max(0, ms))}, 'UTC'))`
}

/** The year 1900 and the end of DateTime in 2106. */
const minMs = -2_208_988_800_000
const maxMs = 4_294_967_295_000
