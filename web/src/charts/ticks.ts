import { type Span, unitMs } from '../time/range.ts'
import { formatClock, formatDay, formatWeekday, offsetMinutesAt } from '../time/zone.ts'

/** Distances of time ticks in milliseconds, round on a clock. */
const distances = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * unitMs.s),
  ...[1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * unitMs.m),
  ...[1, 2, 3, 6, 12].map((hours) => hours * unitMs.h),
  ...[1, 2, 4, 7, 14, 28, 56, 91, 182].map((days) => days * unitMs.d),
]

export interface Tick {
  readonly ms: number
  readonly label: string
}

/** Round moments in the span, at most `most`, counted from midnight of the zone. */
export function timeTicks(span: Span, { zone, most }: { zone: string; most: number }): Tick[] {
  const length = span.toMs - span.fromMs
  const distance = distances.find((one) => length / one <= most) ?? length
  const offset = offsetMinutesAt(span.fromMs, zone) * unitMs.m
  const first = Math.ceil((span.fromMs + offset) / distance) * distance - offset
  const ticks: Tick[] = []
  for (let ms = first; ms <= span.toMs; ms += distance) ticks.push({ ms, label: timeLabel(ms, span, zone) })
  return ticks
}

/** `HH:mm` under a day, `Wed 18` under a month, `8 Nov` above; seconds only below ten minutes. */
function timeLabel(ms: number, { fromMs, toMs }: Span, zone: string): string {
  const length = toMs - fromMs
  if (length < 10 * unitMs.m) return formatClock(ms, zone, true)
  if (length <= unitMs.d) return formatClock(ms, zone)
  if (length > 31 * unitMs.d) return formatDay(ms, zone)
  const clock = formatClock(ms, zone)
  return clock === '00:00' ? formatWeekday(ms, zone) : length <= 3 * unitMs.d ? clock : formatWeekday(ms, zone)
}

/** Values of 3 to 5 grid lines from 0 (or the least value) to above the largest, at 1, 2, 2.5 or 5 times a power of ten. */
export function valueTicks(lowest: number, highest: number): number[] {
  const low = Math.min(lowest, highest)
  const high = highest > low ? highest : low + 1
  const raw = (high - low) / 4
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 2.5, 5, 10].find((one) => one * power >= raw * 0.999) ?? 10) * power
  const ticks: number[] = []
  for (let at = Math.floor(low / step + 1e-9); ; at += 1) {
    ticks.push(Number((at * step).toPrecision(12)))
    if (at * step >= high * (1 - 1e-9)) return ticks
  }
}
