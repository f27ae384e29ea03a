import type { Window } from '../evaluate/window.ts'
import { equalHistograms, isReset } from '../histogram/arithmetic.ts'
import type { FloatHistogram } from '../histogram/float-histogram.ts'
import type { Point, WindowFunction } from './function.ts'

type Sample = number | FloatHistogram
type Differs = (before: Sample, after: Sample) => boolean

/**
 * Where counting starts. Anchored: at the newest sample at or before the start of the range, of whichever kind; nothing
 * where no sample lies behind it.
 */
function startOf(window: Window): { float: number; histogram: number } | null {
  const { times, histogramTimes, startMs, from, to, histogramFrom, histogramTo } = window
  if (window.extension !== 'anchored') return { float: from, histogram: histogramFrom }
  let float = from
  let histogram = histogramFrom
  while (float < to && times[float] <= startMs) float += 1
  while (histogram < histogramTo && histogramTimes[histogram] <= startMs) histogram += 1
  if (float === to && histogram === histogramTo) return null
  const floatMs = float > from ? times[float - 1] : -Infinity
  const histogramMs = histogram > histogramFrom ? histogramTimes[histogram - 1] : -Infinity
  if (floatMs === -Infinity && histogramMs === -Infinity) return { float, histogram }
  return floatMs >= histogramMs ? { float: float - 1, histogram } : { float, histogram: histogram - 1 }
}

/** Counts the neighbours in the window for which `differs` holds; floats and histograms in time order. */
function countPairs(window: Window, point: Point, differs: Differs): void {
  const start = startOf(window)
  if (start === null) return
  let count = 0
  let previous: Sample | null = null
  let { float, histogram } = start
  while (float < window.to || histogram < window.histogramTo) {
    const takesFloat =
      histogram >= window.histogramTo || (float < window.to && window.times[float] < window.histogramTimes[histogram])
    const current: Sample = takesFloat ? window.values[float] : window.histograms[histogram]
    if (takesFloat) float += 1
    else histogram += 1
    if (previous !== null && differs(previous, current)) count += 1
    previous = current
  }
  if (previous !== null) point.float(count)
}

const hasChanged: Differs = (before, after) => {
  if (typeof before === 'number' && typeof after === 'number')
    return before !== after && !(Number.isNaN(before) && Number.isNaN(after))
  if (typeof before === 'number' || typeof after === 'number') return true
  return !equalHistograms(before, after)
}

const wasReset: Differs = (before, after) => {
  if (typeof before === 'number' && typeof after === 'number') return after < before
  if (typeof before === 'number' || typeof after === 'number') return true
  return isReset(after, before)
}

/** How often the value changed within the range. */
export const changes: WindowFunction = {
  kind: 'window',
  name: 'changes',
  args: ['matrix'],
  returns: 'vector',
  extensions: ['anchored'],
  summary: 'How often the value changed within the range.',
  evaluate: (window, point) => countPairs(window, point, hasChanged),
}

/** How often a counter was reset within the range. */
export const resets: WindowFunction = {
  kind: 'window',
  name: 'resets',
  args: ['matrix'],
  returns: 'vector',
  extensions: ['anchored'],
  summary: 'How often a counter was reset within the range.',
  evaluate: (window, point) => countPairs(window, point, wasReset),
}
