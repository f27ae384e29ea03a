import { formatValue } from '../format-value.ts'
import { bucketsAscending, type FloatHistogram } from './float-histogram.ts'

/** A histogram as one line: `{count:3, sum:4, [1,2):1, …}`. Source: Prometheus FloatHistogram.String. */
export function formatHistogram(histogram: FloatHistogram): string {
  const buckets = bucketsAscending(histogram)
    .filter(({ count }) => count !== 0)
    .map(({ lower, upper, lowerInclusive, upperInclusive, count }) => {
      const [open, close] = [lowerInclusive ? '[' : '(', upperInclusive ? ']' : ')']
      return `${open}${formatValue(lower)},${formatValue(upper)}${close}:${formatValue(count)}`
    })
  return `{${[`count:${formatValue(histogram.count)}`, `sum:${formatValue(histogram.sum)}`, ...buckets].join(', ')}}`
}
