import { Annotations } from './annotations.ts'
import { type AskedTimes, Evaluation, type EvaluationSettings, type QueryCost } from './evaluate/evaluation.ts'
import { evaluate, streamVector } from './evaluate/evaluator.ts'
import { statsOnlySelectors } from './evaluate/stats-only.ts'
import { compareLabels, metricLabels } from './labels.ts'
import { parseQuery } from './parse/parser.ts'
import { type LanguageSettings, typeNames, typeOf } from './parse/type-check.ts'
import type { SeriesSource } from './source.ts'
import type { StepGrid, Value, VectorSeries } from './value.ts'

/** What a PromQL query is run with. */
export interface QueryRun {
  readonly query: string
  readonly source: SeriesSource
  readonly settings: EvaluationSettings
  /** Default: experimental functions and modifiers are allowed. */
  readonly language?: LanguageSettings
  /** Aborting ends the evaluation and the reads behind it. */
  readonly signal?: AbortSignal
}

export interface QueryAnswer {
  readonly value: Value
  readonly grid: StepGrid
  readonly annotations: Annotations
  readonly cost: QueryCost
}

/** Most steps of a range query; more is refused, as in Prometheus. */
export const maxSteps = 11_000

/** Evaluates at one time. Throws: ParseError, EvaluationError, what the source throws, the signal's reason. */
export function queryInstant(run: QueryRun, timeMs: number): Promise<QueryAnswer> {
  return answer(run, { startMs: timeMs, stepMs: 1, count: 1 }, { startMs: timeMs, endMs: timeMs, stepMs: 0 })
}

/** Evaluates at startMs, startMs + stepMs, … up to endMs. Vectors come ordered by labels. */
export function queryRange(run: QueryRun, range: AskedTimes): Promise<QueryAnswer> {
  const count = Math.floor((range.endMs - range.startMs) / range.stepMs) + 1
  return answer(run, { startMs: range.startMs, stepMs: range.stepMs, count }, range)
}

/** A range query of a string or a range vector. */
export class InvalidRangeExpression extends Error {
  override readonly name = 'InvalidRangeExpression'
  constructor(type: 'string' | 'matrix') {
    super(`invalid expression type "${typeNames[type]}" for range query, must be Scalar or instant Vector`)
  }
}

async function answer(run: QueryRun, grid: StepGrid, asked: AskedTimes): Promise<QueryAnswer> {
  const isRange = asked.stepMs > 0
  const expr = parseQuery(run.query, run.language)
  const type = typeOf(expr)
  if (isRange && (type === 'string' || type === 'matrix')) throw new InvalidRangeExpression(type)
  const annotations = new Annotations(run.query)
  const evaluation = new Evaluation({
    source: run.source,
    settings: run.settings,
    annotations,
    asked,
    signal: run.signal ?? null,
    statsOnly: statsOnlySelectors(expr),
    typeOf,
    evaluate,
    stream: streamVector,
  })
  const value = await evaluate(evaluation, expr, grid)
  return { value: finish(evaluation, value, isRange), grid, annotations, cost: evaluation.cost }
}

/** Names that were to go leave now; a range answer is put in order of labels. */
function finish(evaluation: Evaluation, value: Value, isRange: boolean): Value {
  if (value.type !== 'vector') return value
  const series = value.series.some(({ dropName }) => dropName) ? withoutDropped(evaluation, value.series) : value.series
  return {
    type: 'vector',
    series: isRange ? [...series].sort((a, b) => compareLabels(a.labels, b.labels)) : series,
  }
}

/** Without their names some may have become equal. */
function withoutDropped(evaluation: Evaluation, series: readonly VectorSeries[]): readonly VectorSeries[] {
  const named = series.map((one) => (one.dropName ? one.relabelled(one.labels.without(metricLabels), false) : one))
  return evaluation.unique(named)
}
