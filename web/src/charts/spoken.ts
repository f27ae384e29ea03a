import { formatUnit } from '../format/number.ts'
import { formatClock } from '../time/zone.ts'
import type { ChartData } from './series.ts'

/** Ratio between the averages of the last and the first quarter from which a course is called a change. */
const changeRatio = 1.5

/** The chart in one sentence, for those who do not see it: what it is now, what it was, and what it exceeds. */
export function spokenSentence(title: string, data: ChartData, zone: string): string {
  const parts = data.series.slice(0, 4).map(({ name, values }) => spokenSeries({ name, values, data, zone }))
  const more = data.series.length > 4 ? `; and ${data.series.length - 4} more series` : ''
  return `${title}: ${parts.length === 0 ? 'no data' : parts.join('; ')}${more}.`
}

interface Spoken {
  readonly name: string
  readonly values: readonly (number | null)[]
  readonly data: ChartData
  readonly zone: string
}

function spokenSeries({ name, values, data, zone }: Spoken): string {
  const known = values.flatMap((value, at) => (value === null ? [] : [{ value, ms: data.times[at] }]))
  if (known.length === 0) return `${name} has no data`
  const quarter = Math.max(1, Math.floor(known.length / 4))
  const before = average(known.slice(0, quarter))
  const after = average(known.slice(-quarter))
  const last = known[known.length - 1]
  const over = (data.thresholds ?? []).find(({ value }) => last.value > value)
  const end = over === undefined ? '' : `, over ${formatUnit(over.value, data.unit)}`
  const isChange = before > 0 && after > 0 && Math.max(after / before, before / after) >= changeRatio
  if (!isChange) return `${name}, ${formatUnit(after, data.unit)} throughout${end}`
  const turn = turningPoint(known, (before + after) / 2, after > before)
  const at = formatClock(turn, zone)
  return `${name}, ${formatUnit(before, data.unit)} until ${at}, ${formatUnit(after, data.unit)} since${end}`
}

/** The last time at which the course was still on the side of its beginning. */
function turningPoint(known: readonly { value: number; ms: number }[], middle: number, isRise: boolean): number {
  const isBefore = ({ value }: { value: number }) => (isRise ? value < middle : value > middle)
  return known.findLast(isBefore)?.ms ?? known[0].ms
}

function average(points: readonly { value: number }[]): number {
  return points.reduce((sum, { value }) => sum + value, 0) / points.length
}
