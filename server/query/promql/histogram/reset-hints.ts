import { equalBounds, isReset } from './arithmetic.ts'
import type { FloatHistogram, ResetHint } from './float-histogram.ts'

/**
 * Hints of stored samples of one series, in time order, as Prometheus' storage gives them: a gauge stays one; a sample
 * that continues the one before (same layout, no count fell) is `no_reset`; all others are `unknown`, since whether the
 * sample before them is complete cannot be told. What a sender said of resets is not trusted beyond that.
 */
export function withStoredHints(histograms: readonly FloatHistogram[]): readonly FloatHistogram[] {
  return histograms.map((current, i) => {
    if (current.resetHint === 'gauge') return current
    const previous = histograms[i - 1]
    const continues =
      previous !== undefined &&
      previous.resetHint !== 'gauge' &&
      current.resetHint !== 'reset' &&
      sameLayout(current, previous) &&
      !isReset(asked(current), asked(previous))
    return hinted(current, continues ? 'no_reset' : 'unknown')
  })
}

/**
 * Hints by comparing each sample with the one before: `reset` or `no_reset`, the first one `unknown`. Used where only
 * counts and sums are asked for, so that resets are known although buckets are not looked at any further.
 */
export function withDetectedHints(histograms: readonly FloatHistogram[]): readonly FloatHistogram[] {
  return histograms.map((current, i) => {
    if (current.resetHint !== 'unknown' || i === 0) return current
    return hinted(current, isReset(current, histograms[i - 1]) ? 'reset' : 'no_reset')
  })
}

function sameLayout(a: FloatHistogram, b: FloatHistogram): boolean {
  return a.schema === b.schema && a.zeroThreshold === b.zeroThreshold && equalBounds(a, b)
}

function asked(histogram: FloatHistogram): FloatHistogram {
  return hinted(histogram, 'unknown')
}

function hinted(histogram: FloatHistogram, resetHint: ResetHint): FloatHistogram {
  return histogram.resetHint === resetHint ? histogram : { ...histogram, resetHint }
}
