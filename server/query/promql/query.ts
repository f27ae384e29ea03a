import { Annotations } from './annotations.ts'
import type { Expr } from './ast.ts'
import { Evaluation, type EvaluationSettings } from './evaluate/evaluation.ts'
import { evaluate } from './evaluate/evaluator.ts'
import { statsOnlySelectors } from './evaluate/stats-only.ts'
import { compareLabels, metricLabels } from './labels.ts'
import { parseQuery } from './parse/parser.ts'
import type { SeriesSource } from './source.ts'
import type { StepGrid, Value, VectorSeries } from './value.ts'

/** What a PromQL query is run with. */
export interface QueryRun {
  readonly query: string
  readonly source: SeriesSource
  readonly settings: EvaluationSettings
  /** Aborting ends the evaluation and the reads behind it. */
  readonly signal?: AbortSignal
}

export interface QueryAnswer {
  readonly value: Value
  readonly grid: StepGrid
  readonly annotations: Annotations
}

/** Most steps of a range query; more is refused, as in Prometheus. */
export const maxSteps = 11_000

/** Evaluates at one time. Throws: ParseError, EvaluationError, what the source throws, the signal's reason. */
export function queryInstant(run: QueryRun, timeMs: number): Promise<QueryAnswer> {
  return answer(run, parseQuery(run.query), { startMs: timeMs, stepMs: 1, count: 1 })
}

/** Evaluates at startMs, startMs + stepMs, … up to endMs. Vectors come ordered by labels. */
export function queryRange(
  run: QueryRun,
  range: { startMs: number; endMs: number; stepMs: number },
): Promise<QueryAnswer> {
  const count = Math.floor((range.endMs - range.startMs) / range.stepMs) + 1
  return answer(run, parseQuery(run.query), { startMs: range.startMs, stepMs: range.stepMs, count })
}

async function answer(run: QueryRun, expr: Expr, grid: StepGrid): Promise<QueryAnswer> {
  const annotations = new Annotations(run.query)
  const evaluation = new Evaluation({
    source: run.source,
    settings: run.settings,
    annotations,
    grid,
    signal: run.signal ?? null,
    statsOnly: statsOnlySelectors(expr),
    evaluate,
  })
  const value = await evaluate(evaluation, expr, grid)
  return { value: finish(evaluation, value, grid), grid, annotations }
}

/** Names that were to go leave now; a range answer is put in order of labels. */
function finish(evaluation: Evaluation, value: Value, grid: StepGrid): Value {
  if (value.type !== 'vector') return value
  const named = value.series.map((series) =>
    series.dropName ? series.relabelled(series.labels.without(metricLabels), false) : series,
  )
  const series: readonly VectorSeries[] = evaluation.unique(named)
  return {
    type: 'vector',
    series: grid.count > 1 ? [...series].sort((a, b) => compareLabels(a.labels, b.labels)) : series,
  }
}
