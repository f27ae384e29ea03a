import type { AtModifier, CallExpr, DurationExpr, MatrixSelector, SubqueryExpr, VectorSelector } from '../ast.ts'
import { type Point, Point as PointClass, type WindowCall, type WindowFunction } from '../functions/function.ts'
import { withDetectedHints } from '../histogram/reset-hints.ts'
import type { SelectRequest } from '../source.ts'
import {
  BorrowedSeries,
  EvaluationError,
  newSeries,
  type SampleSeries,
  type SeriesMaker,
  type StepGrid,
  stepTime,
  type Value,
  type VectorSeries,
} from '../value.ts'
import type { Evaluation } from './evaluation.ts'
import { extendedRange, fillSmoothed, type RangePoints, requireExtension } from './extended-selection.ts'
import { samplesOf, samplesOfScalar, withUnknownHints } from './samples-of-vector.ts'
import { isStale, Window, withoutStale } from './window.ts'

/** Where the time of a selector lies at a step: `@` fixes it, `offset` moves it back. */
function timesOf(
  evaluation: Evaluation,
  shift: { at: AtModifier | null; offset: DurationExpr | null },
  grid: StepGrid,
) {
  const offsetMs = shift.offset === null ? 0 : evaluation.durationMs(shift.offset)
  const { asked } = evaluation
  const fixed =
    shift.at === null
      ? null
      : shift.at.kind === 'time'
        ? shift.at.ms
        : shift.at.kind === 'start'
          ? asked.startMs
          : asked.endMs
  const at = (step: number) => (fixed ?? stepTime(grid, step)) - offsetMs
  return { at, firstMs: at(0), lastMs: at(grid.count - 1), fixed: fixed !== null }
}

/** Value of an instant selector at each step: the newest sample within the lookback, unless it is a staleness marker. */
export async function selectInstant(
  evaluation: Evaluation,
  selector: VectorSelector,
  grid: StepGrid,
): Promise<VectorSeries[]> {
  return instant(evaluation, selector, { grid, pick: (made, step, at) => made.setFloat(step, at.value) })
}

/** Like selectInstant, but each value is its sample's time in seconds: what `timestamp(selector)` needs. */
export async function selectTimestamps(
  evaluation: Evaluation,
  selector: VectorSelector,
  grid: StepGrid,
): Promise<VectorSeries[]> {
  return instant(evaluation, selector, {
    grid,
    pick: (made, step, at) => made.setFloat(step, at.timeMs / 1000),
    timesOnly: true,
  })
}

interface InstantRead {
  readonly grid: StepGrid
  readonly pick: (made: VectorSeries, step: number, at: { value: number; timeMs: number }) => void
  readonly timesOnly?: boolean
  /** Default: new ones. */
  readonly series?: SeriesMaker
}

async function instant(evaluation: Evaluation, selector: VectorSelector, read: InstantRead): Promise<VectorSeries[]> {
  const found: VectorSeries[] = []
  for await (const batch of instantBatches(evaluation, selector, read)) {
    evaluation.hold(read.grid.count * batch.length)
    for (const series of batch) found.push(series)
  }
  return found
}

/** The same as selectInstant, batch by batch as the source gives them; a batch is good until the next is asked for. */
export function streamInstant(
  evaluation: Evaluation,
  selector: VectorSelector,
  grid: StepGrid,
): AsyncIterable<readonly VectorSeries[]> {
  const series = new BorrowedSeries()
  return instantBatches(evaluation, selector, { grid, series, pick: (made, step, at) => made.setFloat(step, at.value) })
}

async function* instantBatches(
  evaluation: Evaluation,
  selector: VectorSelector,
  read: InstantRead,
): AsyncGenerator<VectorSeries[]> {
  const { lookbackMs } = evaluation.settings
  const times = timesOf(evaluation, selector, read.grid)
  const isSmoothed = selector.extension === 'smoothed'
  const maker = read.series ?? newSeries
  const request = {
    matchers: selector.matchers,
    startMs: times.firstMs - lookbackMs,
    endMs: times.lastMs + (isSmoothed ? lookbackMs : 0),
    hints: {
      functionName: read.timesOnly === true ? 'timestamp' : '',
      rangeMs: 0,
      stepMs: read.grid.stepMs,
      newestOnly: !isSmoothed && times.firstMs === times.lastMs,
    },
  }
  for await (const batch of seriesBatches(evaluation, selector, request)) {
    const made: VectorSeries[] = []
    maker.startBatch()
    for (const series of batch) {
      const one = maker.make(series.labels, read.grid.count, false)
      if (isSmoothed) fillSmoothed(one, withoutStale(series), { evaluation, selector, times, lookbackMs })
      else if (series.histograms.length === 0 && read.timesOnly !== true)
        fillNewestFloats(one, series, { times, lookbackMs })
      else fillNewest(one, series, { times, lookbackMs, read })
      if (!one.isEmpty()) made.push(one)
    }
    yield made
  }
}

/** Batches of the source, their samples counted while they are in use. */
async function* seriesBatches(
  evaluation: Evaluation,
  selector: VectorSelector,
  request: SelectRequest,
): AsyncGenerator<readonly SampleSeries[]> {
  const detects = evaluation.statsOnly.has(selector)
  const inform = (text: string) => evaluation.annotations.inform(text, selector)
  for await (const batch of evaluation.source.select({ ...request, inform })) {
    evaluation.signal?.throwIfAborted()
    let [samples, leftOut] = [0, 0]
    for (const { times, histogramTimes, thinned } of batch) {
      samples += times.length + histogramTimes.length
      if (thinned !== undefined) leftOut += thinned.read - times.length
    }
    evaluation.hold(samples)
    evaluation.countRead(samples + leftOut)
    yield detects ? batch.map(withHints) : batch
    evaluation.hold(-samples)
  }
}

function withHints(series: SampleSeries): SampleSeries {
  return series.histograms.length > 0 ? { ...series, histograms: withDetectedHints(series.histograms) } : series
}

/** fillNewest for the usual series: floats only, and their values wanted. */
function fillNewestFloats(
  made: VectorSeries,
  { times: sampleTimes, values }: SampleSeries,
  { times, lookbackMs }: { times: { at(step: number): number }; lookbackMs: number },
): void {
  let next = 0
  for (let step = 0; step < made.state.length; step += 1) {
    const t = times.at(step)
    while (next < sampleTimes.length && sampleTimes[next] <= t) next += 1
    if (next > 0 && sampleTimes[next - 1] > t - lookbackMs && !isStale(values, next - 1))
      made.setFloat(step, values[next - 1])
  }
}

function fillNewest(
  made: VectorSeries,
  series: SampleSeries,
  { times, lookbackMs, read }: { times: { at(step: number): number }; lookbackMs: number; read: InstantRead },
): void {
  let next = 0
  let nextHistogram = 0
  for (let step = 0; step < read.grid.count; step += 1) {
    const t = times.at(step)
    while (next < series.times.length && series.times[next] <= t) next += 1
    while (nextHistogram < series.histogramTimes.length && series.histogramTimes[nextHistogram] <= t) nextHistogram += 1
    const floatMs = next === 0 ? -Infinity : series.times[next - 1]
    const histogramMs = nextHistogram === 0 ? -Infinity : series.histogramTimes[nextHistogram - 1]
    const timeMs = Math.max(floatMs, histogramMs)
    if (timeMs <= t - lookbackMs) continue
    if (histogramMs > floatMs) {
      if (read.timesOnly === true) read.pick(made, step, { value: 0, timeMs })
      else made.setHistogram(step, series.histograms[nextHistogram - 1])
    } else if (!isStale(series.values, next - 1)) read.pick(made, step, { value: series.values[next - 1], timeMs })
  }
}

/** Where the samples of a range come from, and how long the range is. */
interface RangeInput {
  readonly batches: AsyncIterable<readonly SampleSeries[]>
  readonly rangeMs: number
  /** End of the window at a step. */
  endAt(step: number): number
  readonly extension: 'none' | 'anchored' | 'smoothed'
}

async function rangeInput(
  evaluation: Evaluation,
  range: MatrixSelector | SubqueryExpr,
  use: { grid: StepGrid; functionName: string },
): Promise<RangeInput> {
  const rangeMs = evaluation.positiveMs(range.range)
  if (range.kind === 'subquery') {
    const times = timesOf(evaluation, range, use.grid)
    const series = await subquerySeries(evaluation, range, { firstMs: times.firstMs - rangeMs, lastMs: times.lastMs })
    return { batches: listed(series), rangeMs, endAt: times.at, extension: 'none' }
  }
  const { selector } = range
  const { lookbackMs } = evaluation.settings
  const times = timesOf(evaluation, selector, use.grid)
  // `@` makes all windows the same.
  const grid = times.fixed ? { strideMs: 0, steps: 1 } : { strideMs: use.grid.stepMs, steps: use.grid.count }
  const windows = selector.extension === 'none' ? { firstEndMs: times.firstMs, ...grid } : null
  const batches = seriesBatches(evaluation, selector, {
    matchers: selector.matchers,
    startMs: times.firstMs - rangeMs - (selector.extension === 'none' ? 0 : lookbackMs),
    endMs: times.lastMs + (selector.extension === 'smoothed' ? lookbackMs : 0),
    hints: { functionName: use.functionName, rangeMs, stepMs: use.grid.stepMs, newestOnly: false, windows },
  })
  return { batches, rangeMs, endAt: times.at, extension: selector.extension }
}

async function* listed(series: readonly SampleSeries[]): AsyncGenerator<readonly SampleSeries[]> {
  yield series
}

/** Evaluates the inner expression at every multiple of the step in (firstMs, lastMs]. */
async function subquerySeries(
  evaluation: Evaluation,
  subquery: SubqueryExpr,
  range: { firstMs: number; lastMs: number },
): Promise<readonly SampleSeries[]> {
  const stepMs = subquery.step === null ? evaluation.settings.defaultStepMs : evaluation.positiveMs(subquery.step)
  const startMs = (Math.floor(range.firstMs / stepMs) + 1) * stepMs
  const count = Math.floor((range.lastMs - startMs) / stepMs) + 1
  if (count <= 0) return []
  const grid = { startMs, stepMs, count }
  const value = await evaluation.evaluate(subquery.inner, grid)
  if (value.type === 'scalar') return [samplesOfScalar(value.values, grid)]
  if (value.type !== 'vector')
    throw new EvaluationError(`subquery is only allowed on instant vector, got ${value.type}`)
  return value.series.map((series) => withUnknownHints(samplesOf(series, grid)))
}

interface WindowUse {
  readonly call: CallExpr
  readonly range: MatrixSelector | SubqueryExpr
  readonly parameters: readonly Float64Array[]
  readonly grid: StepGrid
  /** Default: new ones. */
  readonly series?: SeriesMaker
}

/** Applies a window function to a range, series after series: raw samples are let go as soon as they are used. */
export async function applyWindowFunction(
  evaluation: Evaluation,
  definition: WindowFunction,
  use: WindowUse,
): Promise<readonly VectorSeries[]> {
  const found: VectorSeries[] = []
  for await (const batch of streamWindowFunction(evaluation, definition, use)) {
    evaluation.hold(use.grid.count * batch.length)
    for (const series of batch) found.push(series)
  }
  return definition.keepsName === true ? found : evaluation.afterNameDrop(found)
}

/** The same batch by batch, with series as `use.series` makes them; those of different names may have equal labels. */
export async function* streamWindowFunction(
  evaluation: Evaluation,
  definition: WindowFunction,
  use: WindowUse,
): AsyncGenerator<readonly VectorSeries[]> {
  const { call, grid, parameters } = use
  const maker = use.series ?? newSeries
  const input = await rangeInput(evaluation, use.range, { grid, functionName: definition.name })
  requireExtension(definition, input.extension)
  const point = new PointClass()
  const wantsCounter = definition.name === 'rate' || definition.name === 'increase'
  const windowCall = {
    evaluation,
    expr: call,
    grid,
    step: 0,
    parameter: (index: number) => parameters[index]?.[windowCall.step] ?? Number.NaN,
    metricName: '',
  }
  for await (const batch of input.batches) {
    const found: VectorSeries[] = []
    maker.startBatch()
    for (const raw of batch) {
      const series = withoutStale(raw)
      windowCall.metricName = series.labels.get('__name__')
      const { labels, dropName } =
        definition.keepsName === true
          ? { labels: series.labels, dropName: series.dropName === true }
          : evaluation.nameless(series.labels)
      const made = maker.make(labels, grid.count, dropName)
      slideOver(series, made, { input, definition, point, windowCall, evaluation })
      if (made.isEmpty()) continue
      found.push(made)
      if (wantsCounter) remarkNonCounter(windowCall, made)
    }
    yield found
  }
}

/** A name that does not end like a counter's is worth a remark; the answer stays. */
function remarkNonCounter({ evaluation, expr, metricName }: WindowCall, made: VectorSeries): void {
  if (metricName === '' || /_(?:total|sum|count|bucket)$/.test(metricName) || !made.state.includes(1)) return
  evaluation.annotations.inform(
    `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(metricName)}`,
    expr.args[0],
  )
}

function slideOver(
  series: SampleSeries,
  made: VectorSeries,
  use: {
    input: RangeInput
    definition: WindowFunction
    point: Point
    windowCall: { -readonly [K in keyof WindowCall]: WindowCall[K] }
    evaluation: Evaluation
  },
): void {
  const { input, definition, point, windowCall } = use
  const { times, values, histograms } = series
  const steps = made.state.length
  if (definition.evaluateFloats !== undefined && histograms.length === 0 && input.extension === 'none') {
    const firstEndMs = input.endAt(0)
    const strideMs = steps > 1 ? input.endAt(1) - firstEndMs : 0
    const ordinals = series.thinned?.ordinals ?? null
    definition.evaluateFloats({ times, values, ordinals, rangeMs: input.rangeMs, firstEndMs, strideMs, steps }, made)
    return
  }
  const window = new Window(series, { lookbackMs: use.evaluation.settings.lookbackMs, extension: input.extension })
  for (let step = 0; step < steps; step += 1) {
    const endMs = input.endAt(step)
    window.slide(endMs - input.rangeMs, endMs)
    if (window.isEmpty) continue
    windowCall.step = step
    point.isFloat = false
    point.histogram = null
    definition.evaluate(window, point, windowCall)
    if (point.histogram !== null) made.setHistogram(step, point.histogram)
    else if (point.isFloat) made.setFloat(step, point.value)
  }
}

/** A range as the whole answer of an instant query. */
export async function selectRange(
  evaluation: Evaluation,
  range: MatrixSelector | SubqueryExpr,
  grid: StepGrid,
): Promise<Value> {
  const input = await rangeInput(evaluation, range, { grid, functionName: '' })
  const found: SampleSeries[] = []
  for await (const batch of input.batches)
    for (const raw of batch) {
      const series = withoutStale(raw)
      const window = new Window(series, { lookbackMs: evaluation.settings.lookbackMs, extension: input.extension })
      const endMs = input.endAt(0)
      window.slide(endMs - input.rangeMs, endMs)
      if (window.isEmpty) continue
      evaluation.hold(window.floatCount + window.histogramCount)
      const points = input.extension === 'none' ? pointsOf(window) : extendedRange(window)
      if (points.times.length + points.histogramTimes.length > 0) found.push({ ...series, ...points })
    }
  return { type: 'matrix', series: found }
}

function pointsOf(window: Window): RangePoints {
  const { from, to, histogramFrom, histogramTo } = window
  return {
    times: window.times.slice(from, to),
    values: window.values.slice(from, to),
    histogramTimes: window.histogramTimes.slice(histogramFrom, histogramTo),
    histograms: window.histograms.slice(histogramFrom, histogramTo),
  }
}
