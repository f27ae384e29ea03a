import { Labels } from '../labels.ts'
import { absent, float, stepTime, VectorSeries } from '../value.ts'
import type { ValueFunction } from './function.ts'

/** Seconds that JavaScript's dates reach to. */
const maxDateSeconds = 8.64e12

/** The calendar repeats after 400 years. */
const cycleYears = 400
const cycleSeconds = 146_097n * 86_400n

/** A date, and how many cycles of the calendar the time that is meant lies behind it. */
interface CalendarTime {
  readonly date: Date
  readonly cycles: number
}

/**
 * What lies beyond dates, NaN too, is the time that a 64-bit integer takes for it where Prometheus usually runs (x86-64):
 * the last second that there is.
 */
function calendarTime(seconds: number): CalendarTime {
  if (Math.abs(seconds) <= maxDateSeconds) return { date: new Date(Math.trunc(seconds) * 1000), cycles: 0 }
  const whole = Math.abs(seconds) < 2 ** 63 ? BigInt(Math.trunc(seconds)) : 2n ** 63n
  const rest = ((whole % cycleSeconds) + cycleSeconds) % cycleSeconds
  return { date: new Date(Number(rest) * 1000), cycles: Number((whole - rest) / cycleSeconds) }
}

function calendar(name: string, summary: string, part: (date: Date, cycles: number) => number): ValueFunction {
  return {
    kind: 'value',
    name,
    args: ['vector'],
    optional: 1,
    returns: 'vector',
    dependsOnTime: true,
    summary: `${summary} Of the evaluation time where no vector is given.`,
    evaluate([vector], { evaluation, grid }) {
      const of = (seconds: number) => {
        const { date, cycles } = calendarTime(seconds)
        return part(date, cycles)
      }
      if (vector === undefined || vector.type !== 'vector') {
        const made = new VectorSeries(Labels.empty, grid.count)
        for (let step = 0; step < grid.count; step += 1)
          made.setFloat(step, of(Math.floor(stepTime(grid, step) / 1000)))
        return { type: 'vector', series: [made] }
      }
      const found = vector.series.map((series) => {
        const made = evaluation.namelessSeries(series, grid.count)
        for (let step = 0; step < grid.count; step += 1)
          if (series.state[step] === float) made.setFloat(step, of(series.floats[step]))
        return made
      })
      const kept = found.filter((series) => series.state.some((state) => state !== absent))
      return { type: 'vector', series: evaluation.afterNameDrop(kept) }
    },
  }
}

function dayOfYear(date: Date): number {
  return (
    (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) - Date.UTC(date.getUTCFullYear(), 0, 1)) /
      86_400_000 +
    1
  )
}

/** Parts of dates, in UTC: one line each. */
export const calendarFunctions: readonly ValueFunction[] = [
  calendar('minute', 'Minute of the hour, 0 to 59.', (date) => date.getUTCMinutes()),
  calendar('hour', 'Hour of the day, 0 to 23.', (date) => date.getUTCHours()),
  calendar('day_of_week', 'Day of the week, 0 (Sunday) to 6.', (date) => date.getUTCDay()),
  calendar('day_of_month', 'Day of the month, 1 to 31.', (date) => date.getUTCDate()),
  calendar('day_of_year', 'Day of the year, 1 to 366.', dayOfYear),
  calendar('days_in_month', 'Number of days in the month.', (date) =>
    new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  ),
  calendar('month', 'Month, 1 to 12.', (date) => date.getUTCMonth() + 1),
  calendar('year', 'Year.', (date, cycles) => date.getUTCFullYear() + cycles * cycleYears),
]
