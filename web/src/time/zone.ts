/** Times of day in a time zone: `local`, `utc`, or a name of the IANA database. Instants are Unix milliseconds. */

export interface WallTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-GB', {
    ...(zone === 'local' ? {} : { timeZone: zone === 'utc' ? 'UTC' : zone }),
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(zone, made)
  return made
}

/** True for `local`, `utc` and every zone that the browser knows. */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/** The name of the zone for people: `Europe/Berlin`, `UTC`. */
export function zoneName(zone: string): string {
  return formatOf(zone).resolvedOptions().timeZone
}

/** What a clock on the wall of the zone shows at the instant. */
export function wallTimeAt(ms: number, zone: string): WallTime {
  const found: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(ms)) found[type] = Number(value)
  const { year, month, day, hour, minute, second } = found
  return { year, month, day, hour, minute, second }
}

/** Minutes that the zone is ahead of UTC at the instant. */
export function offsetMinutesAt(ms: number, zone: string): number {
  const whole = Math.floor(ms / 1000) * 1000
  return Math.round((utcOf(wallTimeAt(whole, zone)) - whole) / 60_000)
}

/**
 * The instant at which the zone's clock shows this time. A time that the clock skips in spring is read as the
 * same time after the jump; of a time that comes twice in autumn the first is meant.
 */
export function instantOf(wall: WallTime, zone: string): number {
  const asUtc = utcOf(wall)
  const before = asUtc - offsetMinutesAt(asUtc - 86_400_000, zone) * 60_000
  const after = asUtc - offsetMinutesAt(asUtc + 86_400_000, zone) * 60_000
  for (const candidate of [Math.min(before, after), Math.max(before, after)])
    if (utcOf(wallTimeAt(candidate, zone)) === asUtc) return candidate
  return before
}

/** `UTC+01:00`. */
export function formatOffset(ms: number, zone: string): string {
  const minutes = offsetMinutesAt(ms, zone)
  if (minutes === 0) return 'UTC'
  const size = Math.abs(minutes)
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/** `14:07` or `14:07:03`. */
export function formatClock(ms: number, zone: string, hasSeconds = false): string {
  const { hour, minute, second } = wallTimeAt(ms, zone)
  return `${two(hour)}:${two(minute)}${hasSeconds ? `:${two(second)}` : ''}`
}

/** `14:07:03.214`. */
export function formatClockMs(ms: number, zone: string): string {
  return `${formatClock(ms, zone, true)}.${String(((Math.floor(ms) % 1000) + 1000) % 1000).padStart(3, '0')}`
}

/** `2026-11-23 14:07:03`, as the time fields show and read it. */
export function formatStamp(ms: number, zone: string): string {
  const { year, month, day } = wallTimeAt(ms, zone)
  return `${year}-${two(month)}-${two(day)} ${formatClock(ms, zone, true)}`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** `23 Nov`. */
export function formatDay(ms: number, zone: string): string {
  const { month, day } = wallTimeAt(ms, zone)
  return `${day} ${months[month - 1]}`
}

/** `Wed 18`. */
export function formatWeekday(ms: number, zone: string): string {
  const wall = wallTimeAt(ms, zone)
  return `${weekdays[new Date(utcOf(wall)).getUTCDay()]} ${wall.day}`
}

function utcOf({ year, month, day, hour, minute, second }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

export function two(value: number): string {
  return String(value).padStart(2, '0')
}
