import type { Window } from '../evaluate/window.ts'
import type { Point, WindowCall } from '../functions/function.ts'
import { isReset, scaleHistogram } from '../histogram/arithmetic.ts'
import { type FloatHistogram, isCustom } from '../histogram/float-histogram.ts'
import { SeriesArithmetic } from '../histogram/interpolate.ts'
import { type Edges, findEdges } from './extended-rate.ts'

/**
 * Change of a native histogram over a range with exact edges, as extendedRate has it for floats: `anchored` takes the
 * last one before the start, `smoothed` draws lines to both edges. Histograms that do not fit together give no result
 * and a warning. Source: Prometheus 3.16.
 */
export function extendedHistogramRate(
  window: Window,
  point: Point,
  use: { call: WindowCall; kind: { isCounter: boolean; perSecond: boolean } },
): void {
  const { call, kind } = use
  const edges = findEdges(window, window.histogramTimes, { from: window.histogramFrom, to: window.histogramTo })
  if (edges === null) return
  const span = call.expr.args[0]
  const arithmetic = new SeriesArithmetic(call.evaluation.annotations, span, call.metricName)
  const change = new HistogramChange(window, edges, arithmetic).over(kind.isCounter)
  if (change === null) return
  const seconds = (window.endMs - window.startMs) / 1000
  point.histogram = { ...(kind.perSecond ? scaleHistogram(change, 1 / seconds) : change), resetHint: 'gauge' }
}

class HistogramChange {
  private readonly window: Window
  private readonly edges: Edges
  private readonly arithmetic: SeriesArithmetic

  constructor(window: Window, edges: Edges, arithmetic: SeriesArithmetic) {
    this.window = window
    this.edges = edges
    this.arithmetic = arithmetic
  }

  /** Null (with a warning) where the histograms do not fit together. */
  over(isCounter: boolean): FloatHistogram | null {
    const { arithmetic } = this
    if (!this.isUniform(isCounter)) return null
    const left = this.left(isCounter)
    const right = this.right(isCounter)
    if (left === null || right === null) return null
    if (!isCounter && (left.resetHint !== 'gauge' || right.resetHint !== 'gauge')) arithmetic.warnNot('gauge')
    const change = arithmetic.subtract(right, left)
    if (change === null || !isCounter) return change
    let sum: FloatHistogram | null = change
    for (const lost of this.lostByResets(left, right)) sum = sum === null ? null : arithmetic.add(sum, lost)
    return sum
  }

  private isUniform(isCounter: boolean): boolean {
    const { histograms } = this.window
    const used = histograms.slice(this.edges.first, this.edges.last + 1)
    if (used.some((one) => isCustom(one) !== isCustom(used[0]))) {
      this.arithmetic.warnMixed()
      return false
    }
    if (isCounter && used.some(({ resetHint }) => resetHint === 'gauge')) this.arithmetic.warnNot('counter')
    return true
  }

  private at(index: number) {
    return { timeMs: this.window.histogramTimes[index], histogram: this.window.histograms[index] }
  }

  private left(isCounter: boolean): FloatHistogram | null {
    const { extension, startMs, histogramTimes, histograms } = this.window
    const { first } = this.edges
    if (extension !== 'smoothed' || histogramTimes[first] >= startMs) return histograms[first]
    return this.arithmetic.between(this.at(first), this.at(first + 1), { timeMs: startMs, isCounter })
  }

  private right(isCounter: boolean): FloatHistogram | null {
    const { extension, endMs, histogramTimes, histograms, histogramFrom } = this.window
    const { last } = this.edges
    if (extension !== 'smoothed' || last === histogramFrom || histogramTimes[last] <= endMs) return histograms[last]
    return this.arithmetic.between(this.at(last - 1), this.at(last), { timeMs: endMs, isCounter })
  }

  /** The histograms before each reset between the edges. What the edges themselves were drawn across is in them already. */
  private lostByResets(left: FloatHistogram, right: FloatHistogram): readonly FloatHistogram[] {
    const { histograms, histogramTimes, startMs, extension } = this.window
    const { first, last } = this.edges
    let next = first + 1
    let previous = left
    if (
      extension === 'smoothed' &&
      histogramTimes[first] < startMs &&
      isReset(histograms[first + 1], histograms[first])
    ) {
      previous = histograms[first + 1]
      next += 1
    }
    // The last one is the right edge, or the right edge has its hint: looked at below.
    if (next > last) return []
    const lost: FloatHistogram[] = []
    for (let i = next; i < last; i += 1) {
      if (isReset(histograms[i], previous)) lost.push(previous)
      previous = histograms[i]
    }
    if (isReset(right, previous)) lost.push(previous)
    return lost
  }
}
