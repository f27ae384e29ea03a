import { forMetric } from '../annotations.ts'
import { CompensatedVariance, KahanSum, Mean, quantileOf } from '../evaluate/statistics.ts'
import type { Window } from '../evaluate/window.ts'
import { formatGo } from '../format-value.ts'
import type { FloatHistogram } from '../histogram/float-histogram.ts'
import { HistogramTotal } from '../histogram/histogram-total.ts'
import type { Point, Signature, WindowCall, WindowFunction } from './function.ts'

type Evaluate = WindowFunction['evaluate']

function overTime(
  name: string,
  summary: string,
  evaluate: Evaluate,
  more: Partial<Pick<Signature, 'experimental'>> & { keepsName?: boolean } = {},
): WindowFunction {
  return { kind: 'window', name, args: ['matrix'], returns: 'vector', summary, evaluate, ...more }
}

/** Floats only: histograms beside them are left out with an info, alone they give nothing. */
function floatsOnly(evaluate: (window: Window, point: Point) => void): Evaluate {
  return (window, point, call) => {
    if (window.floatCount === 0) return
    if (window.histogramCount > 0) informIgnored(call)
    evaluate(window, point)
  }
}

function informIgnored({ evaluation, expr, metricName }: WindowCall): void {
  evaluation.annotations.inform(
    `ignored histograms in a range containing both floats and histograms${forMetric(metricName)}`,
    expr.args[0],
  )
}

/** Floats or histograms, not both. */
function unmixed(
  floats: (window: Window, point: Point) => void,
  histograms: (histograms: readonly FloatHistogram[], point: Point, call: WindowCall) => void,
): Evaluate {
  return (window, point, call) => {
    if (window.floatCount > 0 && window.histogramCount > 0) {
      call.evaluation.annotations.warn(
        `encountered a mix of histograms and floats${forMetric(call.metricName)}`,
        call.expr.args[0],
      )
      return
    }
    if (window.floatCount > 0) floats(window, point)
    else histograms(window.histograms.slice(window.histogramFrom, window.histogramTo), point, call)
  }
}

function totalOf(
  histograms: readonly FloatHistogram[],
  call: WindowCall,
  total: HistogramTotal,
): FloatHistogram | null {
  const { annotations } = call.evaluation
  const span = call.expr.args[0]
  let isReconciled = false
  const hints = new Set(histograms.map(({ resetHint }) => resetHint))
  if (hints.has('reset') && hints.has('no_reset'))
    annotations.warn('conflicting counter resets during histogram aggregation', span)
  for (const next of histograms) {
    const addition = total.add(next)
    if (addition === 'unfit') {
      annotations.warn(
        `vector contains a mix of histograms with exponential and custom buckets schemas${forMetric(call.metricName)}`,
        span,
      )
      return null
    }
    if (addition === 'bounds_reconciled') {
      annotations.inform('mismatched custom buckets were reconciled during aggregation', span)
      isReconciled = true
    }
  }
  // Over other buckets than the counter's own it cannot be compared with the counter any more.
  return total.value !== null && isReconciled ? { ...total.value, resetHint: 'gauge' } : total.value
}

function extreme(isBetter: (candidate: number, best: number) => boolean, take: 'value' | 'time'): Evaluate {
  return floatsOnly(({ times, values, from, to }, point) => {
    let best = from
    for (let i = from + 1; i < to; i += 1)
      if (Number.isNaN(values[best]) ? !Number.isNaN(values[i]) || take === 'time' : isBetter(values[i], values[best]))
        best = i
    point.float(take === 'value' ? values[best] : times[best] / 1000)
  })
}

function first(window: Window): { isFloat: boolean; index: number } {
  const isFloat =
    window.histogramCount === 0 ||
    (window.floatCount > 0 && window.times[window.from] < window.histogramTimes[window.histogramFrom])
  return { isFloat, index: isFloat ? window.from : window.histogramFrom }
}

function last(window: Window): { isFloat: boolean; index: number } {
  const isFloat =
    window.histogramCount === 0 ||
    (window.floatCount > 0 && window.times[window.to - 1] > window.histogramTimes[window.histogramTo - 1])
  return { isFloat, index: isFloat ? window.to - 1 : window.histogramTo - 1 }
}

function sampleAt(pick: typeof first): Evaluate {
  return (window, point) => {
    const { isFloat, index } = pick(window)
    if (isFloat) point.float(window.values[index])
    else point.histogram = window.histograms[index]
  }
}

function timeAt(pick: typeof first): Evaluate {
  return (window, point) => {
    const { isFloat, index } = pick(window)
    point.float((isFloat ? window.times : window.histogramTimes)[index] / 1000)
  }
}

function spread(result: (variance: number) => number): Evaluate {
  return floatsOnly(({ values, from, to }, point) => {
    const variance = new CompensatedVariance()
    for (let i = from; i < to; i += 1) variance.add(values[i])
    point.float(result(variance.value))
  })
}

const sumOverTime = unmixed(
  ({ values, from, to }, point) => {
    const sum = new KahanSum()
    for (let i = from; i < to; i += 1) sum.add(values[i])
    point.float(sum.value)
  },
  (histograms, point, call) => {
    point.histogram = totalOf(histograms, call, new HistogramTotal(false))
  },
)

const averageOverTime = unmixed(
  (window, point) => {
    const { values, from, to } = window
    if (window.ordinals !== null) {
      // What is left are sums of some samples each.
      const sum = new KahanSum()
      for (let i = from; i < to; i += 1) sum.add(values[i])
      point.float(sum.dividedBy(window.sampleCount))
      return
    }
    const mean = new Mean()
    for (let i = from; i < to; i += 1) mean.add(values[i])
    point.float(mean.value)
  },
  (histograms, point, call) => {
    point.histogram = totalOf(histograms, call, new HistogramTotal(true))
  },
)

const medianDeviation = floatsOnly(({ values, from, to }, point) => {
  const own = Array.from(values.subarray(from, to))
  if (own.includes(Number.NaN)) {
    point.float(Number.NaN)
    return
  }
  const median = quantileOf(0.5, own)
  point.float(
    quantileOf(
      0.5,
      own.map((value) => Math.abs(value - median)),
    ),
  )
})

/** Functions that fold the samples of a range: one line each. */
export const overTimeFunctions: readonly WindowFunction[] = [
  overTime('sum_over_time', 'Sum of the samples in the range.', sumOverTime),
  overTime('avg_over_time', 'Mean of the samples in the range.', averageOverTime),
  overTime('count_over_time', 'Number of samples in the range.', (window, point) =>
    point.float(window.sampleCount + window.histogramCount),
  ),
  overTime('present_over_time', '1 for every series that has a sample in the range.', (_window, point) =>
    point.float(1),
  ),
  overTime(
    'min_over_time',
    'Smallest sample in the range.',
    extreme((candidate, best) => candidate < best, 'value'),
  ),
  overTime(
    'max_over_time',
    'Largest sample in the range.',
    extreme((candidate, best) => candidate > best, 'value'),
  ),
  overTime(
    'ts_of_min_over_time',
    'Time of the last smallest sample in the range.',
    extreme((candidate, best) => candidate <= best, 'time'),
    { experimental: true },
  ),
  overTime(
    'ts_of_max_over_time',
    'Time of the last largest sample in the range.',
    extreme((candidate, best) => candidate >= best, 'time'),
    { experimental: true },
  ),
  overTime('last_over_time', 'Newest sample in the range.', sampleAt(last), { keepsName: true }),
  overTime('first_over_time', 'Oldest sample in the range.', sampleAt(first), { keepsName: true, experimental: true }),
  overTime('ts_of_last_over_time', 'Time of the newest sample in the range.', timeAt(last), { experimental: true }),
  overTime('ts_of_first_over_time', 'Time of the oldest sample in the range.', timeAt(first), { experimental: true }),
  overTime(
    'stdvar_over_time',
    'Population variance of the samples in the range.',
    spread((variance) => variance),
  ),
  overTime('stddev_over_time', 'Population standard deviation of the samples in the range.', spread(Math.sqrt)),
  overTime('mad_over_time', 'Median absolute deviation of the samples in the range.', medianDeviation, {
    experimental: true,
  }),
  {
    kind: 'window',
    name: 'quantile_over_time',
    args: ['scalar', 'matrix'],
    returns: 'vector',
    summary: 'Quantile (0 to 1) of the samples in the range.',
    evaluate(window, point, call) {
      if (window.floatCount === 0) return
      const q = call.parameter(0)
      if (!(q >= 0 && q <= 1))
        call.evaluation.annotations.warn(
          `quantile value should be between 0 and 1, got ${formatGo(q)}`,
          call.expr.args[0],
        )
      if (window.histogramCount > 0) informIgnored(call)
      point.float(quantileOf(q, Array.from(window.values.subarray(window.from, window.to))))
    },
  },
]
