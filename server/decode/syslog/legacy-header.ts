import { unixNanoOf } from '../wire/time-text.ts'

/** Header of a message that is not RFC 5424, read from text in which every character stands for one byte. */
export interface LegacyHeader {
  /** Unix nanoseconds; 0 where there is none. */
  readonly time: bigint
  readonly host: string
  readonly app: string
  readonly procId: string
  /** What Cisco calls the mnemonic, without its percent sign. */
  readonly msgId: string
  /** Where the message's text begins. */
  readonly end: number
}

/** About now and here: what RFC 3164 leaves out of a time. */
export interface LocalTime {
  readonly nowMs: number
  /** Minutes that local time is ahead of UTC at a moment. */
  readonly offsetMinutes: (unixMs: number) => number
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Oct 11 22:14:15`, with a mark of a clock that is not set, a year or a fraction as routers and firewalls add them. */
const bsdTime =
  /^[*.:]?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: (\d{4})(?=:? |$))?(?: (UTC|GMT|Z))?(?:: | |$)/
/** RFC 3339, which rsyslog puts there when told to. */
const isoTime = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)(?:: ?| |$)/
/** A count of messages that Cisco puts first. */
const sequence = /^\d{1,10}: (?=[*.:]?[A-Z][a-z]{2} {1,2}\d|\d{4}-\d\d|[^ ]+: [*.:]?[A-Z][a-z]{2} )/
/** A name in front of the time, as Cisco writes it when told to. */
const hostBeforeTime = /^([^ :]{1,255}): (?=[*.:]?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) )/
const tag = /^([^\s:[\]]{1,48})(?:\[([^\]\s]{1,128})\])?:(?: |$)|^([^\s:[\]]{1,48})\[([^\]\s]{1,128})\](?: |$)/
const mnemonic = /^%([A-Za-z0-9_]+-\d-[A-Za-z0-9_]+)$/

/** How far ahead of now a time without a year may be before it is taken for last year's, ms: clocks differ, zones too. */
const maxAheadMs = 2 * 86_400_000

/** Reads the header that begins at `start` of `text`. Anything may be missing: what does not fit is text already. */
export function readLegacyHeader(text: string, start: number, local: LocalTime): LegacyHeader {
  let rest = text.slice(start)
  const cut = (length: number): void => {
    rest = rest.slice(length)
  }
  cut(sequence.exec(rest)?.[0].length ?? 0)
  const early = hostBeforeTime.exec(rest)
  if (early !== null) cut(early[0].length)
  const time = readLegacyTime(rest, local)
  if (time !== null) cut(time.length)
  let host = early?.[1] ?? ''
  // Without a time the first word is anybody's guess, so that it is no host.
  const firstWord = /^([^\s:[\]]{1,255}|[0-9a-fA-F:.]{2,45}) /.exec(rest)
  if (host === '' && time !== null && firstWord !== null) {
    host = firstWord[1]
    cut(firstWord[0].length)
  }
  const named = tag.exec(rest)
  if (named !== null) cut(named[0].length)
  const word = named?.[1] ?? named?.[3] ?? ''
  const msgId = mnemonic.exec(word)?.[1] ?? ''
  return {
    time: time?.nano ?? 0n,
    host,
    app: msgId === '' ? word : '',
    procId: named?.[2] ?? named?.[4] ?? '',
    msgId,
    end: text.length - rest.length,
  }
}

/** The time that `text` begins with, and what belongs to it. */
export function readLegacyTime(text: string, local: LocalTime): { nano: bigint; length: number } | null {
  const iso = isoTime.exec(text)
  if (iso !== null) {
    const nano = unixNanoOf(iso[1])
    return nano === null ? null : { nano, length: iso[0].length }
  }
  const match = bsdTime.exec(text)
  if (match === null) return null
  const [month, day, hour, minute, second] = [months.indexOf(match[1]), ...[2, 4, 5, 6].map((i) => Number(match[i]))]
  if (day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return null
  const year = match[3] ?? match[8]
  const isUtc = match[9] !== undefined
  const at = (fullYear: number): number => {
    const asUtc = Date.UTC(fullYear, month, day, hour, minute, second)
    return isUtc ? asUtc : asUtc - local.offsetMinutes(asUtc) * 60_000
  }
  const ms = year === undefined ? nearest(at, local.nowMs) : at(Number(year))
  if (ms < 0) return null
  return { nano: BigInt(ms) * 1_000_000n + BigInt((match[7] ?? '').padEnd(9, '0')), length: match[0].length }
}

/** The time in the year that makes it lie in the past, or at most two days ahead. */
function nearest(at: (year: number) => number, nowMs: number): number {
  const year = new Date(nowMs).getUTCFullYear()
  for (const candidate of [year + 1, year]) {
    const ms = at(candidate)
    if (ms <= nowMs + maxAheadMs) return ms
  }
  return at(year - 1)
}
