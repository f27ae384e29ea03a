import { isDigit, type Line, space } from './line.ts'

const secondsPerDay = 86_400
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Days from 1970-01-01 to a day of the Gregorian calendar; months from 1. */
function daysOf(year: number, month: number, day: number): number {
  // Years that begin in March put the leap day at their end.
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

/**
 * A time read from a line, and the reading of it. Each reading method takes one layout from the line's place on, moves
 * the line past it, and returns false (line not moved) where something else stands there.
 *
 * Times without zone are taken for UTC. Without year: the last that puts them at most a day ahead of now. Without
 * date: the day that brings them nearest to now. Fractions beyond nanoseconds are cut off.
 */
export class LineTime {
  /** Unix seconds; NaN: no time was read. */
  seconds = Number.NaN
  nanos = 0
  /** Now, Unix ms; for times without year or date. */
  nowMs = 0

  clear(): void {
    this.seconds = Number.NaN
    this.nanos = 0
  }

  /**
   * `2026-01-31T12:00:00.123Z`; also `/` in the date, a blank for the T, a comma before the fraction, no fraction,
   * `+0100`, `+01:00`, ` UTC`, ` GMT`, or no zone. Source: RFC 3339, ISO 8601.
   */
  iso(line: Line): boolean {
    const { bytes, at } = line
    if (at + 19 > line.end) return false
    const dash = bytes[at + 4]
    if ((dash !== 0x2d && dash !== 0x2f) || bytes[at + 7] !== dash) return false
    const separator = bytes[at + 10]
    if (separator !== 0x54 && separator !== 0x74 && separator !== space) return false
    const year = two(bytes, at) * 100 + two(bytes, at + 2)
    if (!this.#set(year, two(bytes, at + 5), two(bytes, at + 8)) || !this.#clock(line, at + 11)) return false
    this.#zone(line)
    return true
  }

  /** `10/Oct/2026:13:55:36 -0700`, with or without fraction and zone. Source: Apache `%t`, HAProxy `%tr`. */
  common(line: Line): boolean {
    const { bytes, at } = line
    if (at + 20 > line.end || bytes[at + 2] !== 0x2f || bytes[at + 6] !== 0x2f || bytes[at + 11] !== 0x3a) return false
    const year = two(bytes, at + 7) * 100 + two(bytes, at + 9)
    if (!this.#set(year, monthOf(bytes, at + 3), two(bytes, at)) || !this.#clock(line, at + 12)) return false
    this.#zone(line)
    return true
  }

  /** `Sun Dec 04 04:47:44.123 2026`. Source: Apache error log, `ctime`. */
  weekday(line: Line): boolean {
    const { bytes, at } = line
    if (at + 24 > line.end || bytes[at + 3] !== space || bytes[at + 7] !== space || bytes[at + 10] !== space)
      return false
    const month = monthOf(bytes, at + 4)
    const day = dayOf(bytes, at + 8)
    // The year comes last; the date is set again when it is known.
    if (!this.#set(2000, month, day) || !this.#clock(line, at + 11)) return false
    const clock = line.at
    const { nanos } = this
    if (clock + 5 > line.end || bytes[clock] !== space) return this.#nothing(line, at)
    const year = two(bytes, clock + 1) * 100 + two(bytes, clock + 3)
    const ofDay = this.seconds - daysOf(2000, month, day) * secondsPerDay
    if (!this.#set(year, month, day)) return this.#nothing(line, at)
    this.seconds += ofDay
    this.nanos = nanos
    line.at = clock + 5
    return true
  }

  /** `Oct 11 22:14:15`: no year. Source: RFC 3164, section 4.1.2. */
  syslog(line: Line): boolean {
    const { bytes, at } = line
    if (at + 15 > line.end || bytes[at + 3] !== space || bytes[at + 6] !== space) return false
    return this.#yearless(monthOf(bytes, at), dayOf(bytes, at + 4), () => this.#clock(line, at + 7))
  }

  /** `0131 12:00:00.123456`: month and day, no year. Source: klog. */
  monthDay(line: Line): boolean {
    const { bytes, at } = line
    if (at + 13 > line.end || bytes[at + 4] !== space) return false
    return this.#yearless(two(bytes, at), two(bytes, at + 2), () => this.#clock(line, at + 5))
  }

  /** `17/06/09 20:10:40`, year first, in this century. Source: log4j's `yy/MM/dd HH:mm:ss`, as Spark writes it. */
  shortDate(line: Line): boolean {
    const { bytes, at } = line
    if (at + 17 > line.end || bytes[at + 2] !== 0x2f || bytes[at + 5] !== 0x2f || bytes[at + 8] !== space) return false
    return this.#set(2000 + two(bytes, at), two(bytes, at + 3), two(bytes, at + 6)) && this.#clock(line, at + 9)
  }

  /** `081109 203615`. Source: log4j's `yyMMdd HHmmss`, as HDFS writes it. */
  packed(line: Line): boolean {
    const { bytes, at } = line
    if (at + 13 > line.end || bytes[at + 6] !== space) return false
    for (let i = 0; i < 13; i++) if (i !== 6 && !isDigit(bytes[at + i])) return false
    if (!this.#set(2000 + two(bytes, at), two(bytes, at + 2), two(bytes, at + 4))) return false
    const [hour, minute, second] = [two(bytes, at + 7), two(bytes, at + 9), two(bytes, at + 11)]
    if (hour > 23 || minute > 59 || second > 60) return this.#nothing(line, at)
    this.seconds += hour * 3600 + minute * 60 + second
    line.at = at + 13
    return true
  }

  /** `12:00:00.123`: no date. Source: Logback's default pattern. */
  clock(line: Line): boolean {
    const { at } = line
    const today = Math.floor(this.nowMs / 86_400_000) * secondsPerDay
    this.seconds = today
    if (!this.#clock(line, at)) return false
    const ahead = this.seconds - this.nowMs / 1000
    if (ahead > secondsPerDay / 2) this.seconds -= secondsPerDay
    else if (ahead < -secondsPerDay / 2) this.seconds += secondsPerDay
    return true
  }

  /** The range taken as seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size. */
  epoch(bytes: Uint8Array, from: number, to: number): boolean {
    let point = from
    let whole = 0
    while (point < to && isDigit(bytes[point])) whole = whole * 10 + (bytes[point++] - 0x30)
    const length = point - from
    if (length < 9 || length > 19) return false
    if (point < to && bytes[point] !== 0x2e) return false
    if (whole >= 1e17) {
      this.seconds = Math.floor(digitsOf(bytes, from, point - 9))
      this.nanos = digitsOf(bytes, point - 9, point)
      return point === to
    }
    const perSecond = whole >= 1e14 ? 1e6 : whole >= 1e11 ? 1e3 : 1
    this.seconds = Math.floor(whole / perSecond)
    this.nanos = Math.round((whole - this.seconds * perSecond) * (1e9 / perSecond))
    let unit = 1e8 / perSecond
    for (let i = point + 1; i < to; i++, unit /= 10) {
      if (!isDigit(bytes[i])) return false
      if (unit >= 1) this.nanos += (bytes[i] - 0x30) * unit
    }
    return true
  }

  /** `HH:MM:SS` and a fraction after `.`, `,` or `:`, added to the date set before; the line is moved past it. */
  #clock(line: Line, at: number): boolean {
    const { bytes, end } = line
    if (at + 8 > end || bytes[at + 2] !== 0x3a || bytes[at + 5] !== 0x3a) return this.#nothing(line, line.at)
    const hour = two(bytes, at)
    const minute = two(bytes, at + 3)
    const second = two(bytes, at + 6)
    if (!(hour < 24 && minute < 60 && second <= 60)) return this.#nothing(line, line.at)
    this.seconds += hour * 3600 + minute * 60 + second
    this.nanos = 0
    let to = at + 8
    if (to + 1 < end && (bytes[to] === 0x2e || bytes[to] === 0x2c || bytes[to] === 0x3a) && isDigit(bytes[to + 1])) {
      let unit = 100_000_000
      for (to++; to < end && isDigit(bytes[to]); to++) {
        this.nanos += (bytes[to] - 0x30) * unit
        unit = Math.floor(unit / 10)
      }
    }
    line.at = to
    return true
  }

  /** Takes a zone, if one follows, and takes it off the time. */
  #zone(line: Line): void {
    const { bytes } = line
    let { at } = line
    if (line.next === 0x5a || line.next === 0x7a) {
      line.at++
      return
    }
    if (line.text(' UTC') || line.text(' GMT')) return
    if (bytes[at] === space) at++
    const sign = bytes[at]
    if (at + 5 > line.end || (sign !== 0x2b && sign !== 0x2d)) return
    const colon = bytes[at + 3] === 0x3a ? 1 : 0
    if (at + 5 + colon > line.end) return
    const offset = two(bytes, at + 1) * 60 + two(bytes, at + 3 + colon)
    // Not two pairs of digits (NaN), or no offset that a place on earth has: it is something else.
    if (!(offset <= 18 * 60)) return
    this.seconds -= (sign === 0x2b ? offset : -offset) * 60
    line.at = at + 5 + colon
  }

  #set(year: number, month: number, day: number): boolean {
    if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth[month - 1])) {
      this.clear()
      return false
    }
    this.seconds = daysOf(year, month, day) * secondsPerDay
    this.nanos = 0
    return true
  }

  #yearless(month: number, day: number, readClock: () => boolean): boolean {
    const year = new Date(this.nowMs).getUTCFullYear()
    if (!this.#set(year, month, day)) return false
    const inYear = this.seconds
    if (!readClock()) return false
    const ofDay = this.seconds - inYear
    // A sender's clock may be ahead by minutes over new year, not by months: what seems so is of the year before.
    const latest = this.nowMs / 1000 + secondsPerDay
    const next = daysOf(year + 1, month, day) * secondsPerDay + ofDay
    if (next <= latest) this.seconds = next
    else if (this.seconds > latest) this.seconds = daysOf(year - 1, month, day) * secondsPerDay + ofDay
    return true
  }

  #nothing(line: Line, at: number): boolean {
    this.clear()
    line.at = at
    return false
  }
}

/** Two digits; NaN where they are none. */
function two(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - 0x30
  const ones = bytes[at + 1] - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

/** Day of a month in two digits, or a blank and one. */
function dayOf(bytes: Uint8Array, at: number): number {
  return bytes[at] === space && isDigit(bytes[at + 1]) ? bytes[at + 1] - 0x30 : two(bytes, at)
}

/** Month 1-12 of its first three letters in English; 0 where they are none. */
function monthOf(bytes: Uint8Array, at: number): number {
  for (let month = 0; month < 12; month++) {
    const name = months[month]
    if (
      (bytes[at] | 0x20) === name.charCodeAt(0) &&
      (bytes[at + 1] | 0x20) === name.charCodeAt(1) &&
      (bytes[at + 2] | 0x20) === name.charCodeAt(2)
    )
      return month + 1
  }
  return 0
}

function digitsOf(bytes: Uint8Array, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) value = value * 10 + (bytes[i] - 0x30)
  return value
}
