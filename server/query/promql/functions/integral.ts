import { forMetric } from '../annotations.ts'
import { KahanSum } from '../evaluate/statistics.ts'
import type { Window } from '../evaluate/window.ts'
import { formatGo } from '../format-value.ts'
import type { WindowCall, WindowFunction } from './function.ts'

const leftPoint = 0
const rightPoint = 1
const trapezoid = 2

/**
 * Area under the floats of the window, value times seconds: each pair of neighbours adds its interval times the left
 * value, the right one, or the middle of both. NaN counts as zero. Source: Prometheus 3.16 integral().
 */
function areaUnder({ times, values, from, to }: Window, strategy: number): number {
  const area = new KahanSum()
  const middle = new KahanSum()
  for (let i = from + 1; i < to; i += 1) {
    const [before, after] = [values[i - 1] || 0, values[i] || 0]
    const seconds = (times[i] - times[i - 1]) / 1000
    if (strategy === trapezoid) middle.setHalfOf(before, after)
    else middle.set(strategy === leftPoint ? before : after)
    area.addProduct(middle, seconds)
  }
  return area.value
}

function strategyOf({ evaluation, expr, parameter }: WindowCall): number {
  if (expr.args.length < 2) return trapezoid
  const asked = parameter(1)
  if (asked === leftPoint || asked === rightPoint || asked === trapezoid) return asked
  evaluation.annotations.warn(`strategy should be 0, 1, or 2 (default), using 2, got ${formatGo(asked)}`, expr.args[1])
  return trapezoid
}

/** Area under a gauge over the range. */
export const integral: WindowFunction = {
  kind: 'window',
  name: 'integral',
  args: ['matrix', 'scalar'],
  optional: 1,
  returns: 'vector',
  experimental: true,
  summary: 'Area under a gauge over the range, value times seconds; 0: left points, 1: right points, 2: trapezoids.',
  evaluate(window, point, call) {
    if (window.floatCount === 0) return
    if (window.histogramCount > 0)
      call.evaluation.annotations.inform(
        `ignored histograms in a range containing both floats and histograms${forMetric(call.metricName)}`,
        call.expr.args[0],
      )
    point.float(areaUnder(window, strategyOf(call)))
  },
}
