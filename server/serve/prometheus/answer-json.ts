import { bucketsAscending, type FloatHistogram } from '../../query/promql/histogram/float-histogram.ts'
import type { Labels } from '../../query/promql/labels.ts'
import type { QueryAnswer } from '../../query/promql/query.ts'
import {
  absent,
  float,
  type SampleSeries,
  type StepGrid,
  stepTime,
  type VectorSeries,
} from '../../query/promql/value.ts'

/** Points that one string of the answer carries at most. */
const pointsPerPart = 500

/** `{"status":"success","data":…}` with remarks behind it. */
export function* successJson(
  data: Iterable<string>,
  remarks: { warnings?: readonly string[]; infos?: readonly string[] } = {},
): Generator<string> {
  yield '{"status":"success","data":'
  yield* data
  if (remarks.warnings !== undefined && remarks.warnings.length > 0)
    yield `,"warnings":${JSON.stringify(remarks.warnings)}`
  if (remarks.infos !== undefined && remarks.infos.length > 0) yield `,"infos":${JSON.stringify(remarks.infos)}`
  yield '}'
}

/** The data of `query` and `query_range`. `limit` series at most, 0 = all. Source: Prometheus HTTP API, expression results. */
export function* queryDataJson(
  { value, grid }: QueryAnswer,
  shape: { isRange: boolean; limit: number; stats: string | null },
): Generator<string> {
  switch (value.type) {
    case 'string':
      yield `{"resultType":"string","result":[${timeJson(grid.startMs)},${JSON.stringify(value.value)}]`
      break
    case 'scalar':
      yield shape.isRange
        ? `{"resultType":"matrix","result":[{"metric":{},"values":[${scalarPoints(value.values, grid)}]}]`
        : `{"resultType":"scalar","result":[${timeJson(grid.startMs)},${floatJson(value.values[0])}]`
      break
    case 'vector':
      yield `{"resultType":"${shape.isRange ? 'matrix' : 'vector'}","result":[`
      yield* joined(limited(value.series, shape.limit), (series) =>
        shape.isRange ? seriesJson(series, grid) : sampleJson(series, grid),
      )
      yield ']'
      break
    case 'matrix':
      yield '{"resultType":"matrix","result":['
      yield* joined(limited(value.series, shape.limit), samplesJson)
      yield ']'
  }
  if (shape.stats !== null) yield `,"stats":${shape.stats}`
  yield '}'
}

function limited<T>(list: readonly T[], limit: number): readonly T[] {
  return limit > 0 ? list.slice(0, limit) : list
}

function* joined<T>(list: readonly T[], text: (one: T) => Iterable<string>): Generator<string> {
  let isFirst = true
  for (const one of list) {
    if (!isFirst) yield ','
    isFirst = false
    yield* text(one)
  }
}

function sampleJson(series: VectorSeries, grid: StepGrid): readonly string[] {
  const start = `[${timeJson(grid.startMs)},`
  const value =
    series.state[0] === float
      ? `,"value":${start}${floatJson(series.floats[0])}]}`
      : `,"histogram":${start}${histogramJson(series.histogramAt(0))}]}`
  return ['{"metric":', labelsJson(series.labels), value]
}

function* seriesJson(series: VectorSeries, grid: StepGrid): Generator<string> {
  yield `{"metric":${labelsJson(series.labels)}`
  for (const kind of ['values', 'histograms'] as const) {
    let part = ''
    let count = 0
    for (let step = 0; step < grid.count; step += 1) {
      const state = series.state[step]
      if (state === absent || (state === float) !== (kind === 'values')) continue
      const value = state === float ? floatJson(series.floats[step]) : histogramJson(series.histogramAt(step))
      part += `${count === 0 ? `,"${kind}":[` : ','}[${timeJson(stepTime(grid, step))},${value}]`
      count += 1
      if (count % pointsPerPart !== 0) continue
      yield part
      part = ''
    }
    if (count > 0) yield `${part}]`
  }
  yield '}'
}

function* samplesJson(series: SampleSeries): Generator<string> {
  yield `{"metric":${labelsJson(series.labels)}`
  const { times, values, histogramTimes, histograms } = series
  if (times.length > 0) {
    yield ',"values":['
    for (let i = 0; i < times.length; i += 1)
      yield `${i === 0 ? '' : ','}[${timeJson(times[i])},${floatJson(values[i])}]`
    yield ']'
  }
  if (histogramTimes.length > 0) {
    yield ',"histograms":['
    for (let i = 0; i < histogramTimes.length; i += 1)
      yield `${i === 0 ? '' : ','}[${timeJson(histogramTimes[i])},${histogramJson(histograms[i])}]`
    yield ']'
  }
  yield '}'
}

function scalarPoints(values: Float64Array, grid: StepGrid): string {
  return Array.from(values, (value, step) => `[${timeJson(stepTime(grid, step))},${floatJson(value)}]`).join(',')
}

/** Seconds, with three digits behind the point where there are any. */
function timeJson(ms: number): string {
  const whole = Math.trunc(Math.abs(ms) / 1000)
  const rest = Math.abs(ms) % 1000
  const sign = ms < 0 ? '-' : ''
  return rest === 0 ? `${sign}${whole}` : `${sign}${whole}.${String(rest).padStart(3, '0')}`
}

/** A value in quotes: the shortest text that reads back equal. Exponents begin where Go's JSON has them. */
function floatJson(value: number): string {
  return `"${floatText(value)}"`
}

export function floatText(value: number): string {
  if (value - value !== 0) return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : 'NaN'
  return value === 0 && Object.is(value, -0) ? '-0' : String(value)
}

/** Texts of labels that are remembered, at most; then the memory of them begins anew. About 400 B each. */
const maxTexts = 100_000
let labelsTexts = new WeakMap<Labels, string>()
let texts = 0

export function labelsJson(labels: Labels): string {
  const known = labelsTexts.get(labels)
  if (known !== undefined) return known
  const { flat } = labels
  const pairs: string[] = []
  for (let i = 0; i < flat.length; i += 2) pairs.push(`${JSON.stringify(flat[i])}:${JSON.stringify(flat[i + 1])}`)
  // Joined, the text is in one piece: it would be put together anew in every answer else.
  const text = ['{', pairs.join(','), '}'].join('')
  texts += 1
  if (texts > maxTexts) {
    texts = 1
    labelsTexts = new WeakMap()
  }
  labelsTexts.set(labels, text)
  return text
}

/** Buckets as [boundary rule, lower, upper, count]; 0: open left, 1: open right, 2: open both, 3: closed both. */
function histogramJson(histogram: FloatHistogram): string {
  const buckets = bucketsAscending(histogram)
    .filter(({ count }) => count !== 0)
    .map(({ lower, upper, lowerInclusive, upperInclusive, count }) => {
      const rule = lowerInclusive ? (upperInclusive ? 3 : 1) : upperInclusive ? 0 : 2
      return `[${rule},${floatJson(lower)},${floatJson(upper)},${floatJson(count)}]`
    })
  const rest = buckets.length === 0 ? '' : `,"buckets":[${buckets.join(',')}]`
  return `{"count":${floatJson(histogram.count)},"sum":${floatJson(histogram.sum)}${rest}}`
}
