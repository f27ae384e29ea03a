import type { Window } from '../evaluate/window.ts'
import { equalHistograms, isReset } from '../histogram/arithmetic.ts'
import type { FloatHistogram } from '../histogram/float-histogram.ts'
import { findEdges } from '../rates/extended-rate.ts'
import type { Point, WindowFunction } from './function.ts'

type Sample = number | FloatHistogram
type Differs = (before: Sample, after: Sample) => boolean

/** Counts the neighbours in the window for which `differs` holds; floats and histograms in time order. */
function countPairs(window: Window, point: Point, differs: Differs): void {
  let { from } = window
  if (window.extension === 'anchored') {
    const edges = findEdges(window)
    if (edges === null) return
    from = edges.first
  }
  let count = 0
  let previous: Sample | null = null
  let histogram = window.histogramFrom
  let float = from
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
