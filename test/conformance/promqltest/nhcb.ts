import {
  bucketsFromMap,
  customSchema,
  emptyHistogram,
  type FloatHistogram,
} from '../../../server/query/promql/histogram/float-histogram.ts'
import type { Labels } from '../../../server/query/promql/labels.ts'
import type { Point, SeriesLine } from './series-line.ts'

interface Parts {
  readonly labels: Labels
  readonly buckets: { readonly upper: number; readonly points: readonly Point[] }[]
  count: readonly Point[]
  sum: readonly Point[]
}

/** Native histograms with custom buckets from the classic series of a `load_with_nhcb`. */
export function toCustomHistograms(lines: readonly SeriesLine[]): readonly SeriesLine[] {
  const families = new Map<string, Parts>()
  for (const { labels, points } of lines) {
    const name = labels.get('__name__')
    const family = name.replace(/_(bucket|count|sum)$/, '')
    const own = labels.without(new Set(['le'])).with(new Map([['__name__', family]]))
    const parts = families.get(own.key) ?? { labels: own, buckets: [], count: [], sum: [] }
    families.set(own.key, parts)
    if (name.endsWith('_bucket')) {
      const le = labels.get('le')
      parts.buckets.push({ upper: /inf/i.test(le) ? Infinity : Number(le), points })
    } else if (name.endsWith('_count')) parts.count = points
    else if (name.endsWith('_sum')) parts.sum = points
  }
  return [...families.values()]
    .filter(({ buckets }) => buckets.length > 0)
    .map((parts) => ({ labels: parts.labels, points: histogramsOf(parts) }))
}

function histogramsOf({ buckets, count, sum }: Parts): Point[] {
  const sorted = [...buckets].sort((a, b) => a.upper - b.upper)
  const length = Math.max(...sorted.map(({ points }) => points.length), count.length)
  const bounds = sorted.map(({ upper }) => upper).filter((upper) => upper !== Infinity)
  return Array.from({ length }, (_, i) =>
    histogramAt(
      sorted.map(({ points }) => points[i] ?? null),
      { bounds, count: count[i] ?? null, sum: sum[i] ?? null },
    ),
  )
}

function histogramAt(
  cumulative: readonly Point[],
  use: { bounds: readonly number[]; count: Point; sum: Point },
): FloatHistogram | null {
  if (cumulative.every((point) => typeof point !== 'number') && typeof use.count !== 'number') return null
  const counts = new Map<number, number>()
  let before = 0
  cumulative.forEach((point, i) => {
    if (typeof point !== 'number') return
    counts.set(i, point - before)
    before = point
  })
  const count = typeof use.count === 'number' ? use.count : before
  return {
    ...emptyHistogram,
    schema: customSchema,
    customBounds: use.bounds,
    positive: bucketsFromMap(counts),
    count,
    sum: typeof use.sum === 'number' ? use.sum : 0,
  }
}
