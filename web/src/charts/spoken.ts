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
  readonly values: Values
  readonly data: ChartData
  readonly zone: string
}

function spokenSeries({ name, values, data, zone }: Spoken): string {
  // By position, not as a list of points: this runs for each line of each chart at each refresh.
  let known = 0
  for (let at = 0; at < values.length; at += 1) if (values[at] !== null) known += 1
  if (known === 0) return `${name} has no data`
  const quarter = Math.max(1, Math.floor(known / 4))
  const before = averageOf(values, { count: quarter, isFromEnd: false })
  const after = averageOf(values, { count: quarter, isFromEnd: true })
  const last = values.findLast((value) => value !== null) ?? 0
  const over = (data.thresholds ?? []).find(({ value }) => last > value)
  const end = over === undefined ? '' : `, over ${formatUnit(over.value, data.unit)}`
  const isChange = before > 0 && after > 0 && Math.max(after / before, before / after) >= changeRatio
  if (!isChange) return `${name}, ${formatUnit(after, data.unit)} throughout${end}`
  const turn = data.times[turningPoint(values, (before + after) / 2, after > before)]
  const at = formatClock(turn, zone)
  return `${name}, ${formatUnit(before, data.unit)} until ${at}, ${formatUnit(after, data.unit)} since${end}`
}

/** The last position at which the course was still on the side of its beginning, else its first. */
function turningPoint(values: Values, middle: number, isRise: boolean): number {
  const found = values.findLastIndex((value) => value !== null && (isRise ? value < middle : value > middle))
  return found >= 0 ? found : values.findIndex((value) => value !== null)
}

type Values = readonly (number | null)[]

/** Average of the first or last known values. */
function averageOf(values: Values, { count, isFromEnd }: { count: number; isFromEnd: boolean }): number {
  let sum = 0
  let found = 0
  for (let at = 0; at < values.length && found < count; at += 1) {
    const value = values[isFromEnd ? values.length - 1 - at : at]
    if (value === null || value === undefined) continue
    sum += value
    found += 1
  }
  return sum / found
}
