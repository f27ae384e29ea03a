import type { AggregateExpr } from '../ast.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { boundsOf } from '../evaluate/statistics.ts'
import { formatGo } from '../format-value.ts'
import { type Labels, metricLabels } from '../labels.ts'
import { absent, EvaluationError, float, type StepGrid, type Value, VectorSeries } from '../value.ts'
import { type Accumulator, accumulators } from './accumulators.ts'
import type { AggregateGroup } from './aggregate-group.ts'
import { countValues } from './count-values.ts'
import { canFold, FoldAggregate } from './fold-aggregate.ts'
import { selectSeries } from './select-series.ts'

/** Evaluates `sum by (…) (…)` and its like over the grid. */
export async function evaluateAggregate(evaluation: Evaluation, expr: AggregateExpr, grid: StepGrid): Promise<Value> {
  if (canFold(expr.operator)) return foldAggregate(evaluation, expr, grid)
  const parameter = expr.parameter === null ? null : await evaluation.evaluate(expr.parameter, grid)
  const inner = await evaluation.evaluate(expr.inner, grid)
  if (inner.type !== 'vector')
    throw new EvaluationError(`expected type instant vector in aggregation expression, got ${inner.type}`)
  const groups = groupSeries(evaluation, expr, inner.series)
  const series = aggregateGroups(evaluation, expr, { groups, parameter, grid })
  return { type: 'vector', series }
}

async function foldAggregate(evaluation: Evaluation, expr: AggregateExpr, grid: StepGrid): Promise<Value> {
  const fold = new FoldAggregate(evaluation, expr, grid)
  const stream = evaluation.stream(expr.inner, grid)
  if (stream === null) {
    const inner = await evaluation.evaluate(expr.inner, grid)
    if (inner.type !== 'vector')
      throw new EvaluationError(`expected type instant vector in aggregation expression, got ${inner.type}`)
    for (const series of inner.series) fold.add(series)
  } else for await (const batch of stream) for (const series of batch) fold.add(series)
  return { type: 'vector', series: fold.results() }
}

interface Work {
  readonly groups: readonly AggregateGroup[]
  readonly parameter: Value | null
  readonly grid: StepGrid
}

function aggregateGroups(
  evaluation: Evaluation,
  expr: AggregateExpr,
  { groups, parameter, grid }: Work,
): readonly VectorSeries[] {
  if (expr.operator === 'count_values') {
    const label = parameter?.type === 'string' ? parameter.value : ''
    return countValues(evaluation, expr, { label, groups, grid })
  }
  const scalar = parameter?.type === 'scalar' ? parameter.values : null
  if (['topk', 'bottomk', 'limitk', 'limit_ratio'].includes(expr.operator))
    return selectSeries(evaluation, expr, { groups, scalar: scalar as Float64Array, grid })
  if (expr.operator === 'quantile') checkQuantile(evaluation, expr, scalar as Float64Array)
  const create = accumulators[expr.operator]
  return groups
    .map((group) => accumulate(group, create({ evaluation, expr, parameter: scalar }), grid))
    .filter((series) => !series.isEmpty())
}

function checkQuantile({ annotations }: Evaluation, expr: AggregateExpr, quantiles: Float64Array): void {
  const { least, most } = boundsOf(quantiles)
  const wrong = [...(most <= 1 ? [] : [most]), ...(least < 0 ? [least] : [])]
  for (const one of wrong)
    annotations.warn(`quantile value should be between 0 and 1, got ${formatGo(one)}`, expr.parameter)
}

function accumulate(group: AggregateGroup, accumulator: Accumulator, grid: StepGrid): VectorSeries {
  const made = new VectorSeries(group.labels, grid.count, group.dropName)
  for (let step = 0; step < grid.count; step += 1) {
    accumulator.start(step)
    let seen = false
    for (const series of group.members) {
      if (series.state[step] === absent) continue
      seen = true
      if (series.state[step] === float) accumulator.addFloat(series.floats[step])
      else accumulator.addHistogram(series.histogramAt(step))
    }
    if (seen) accumulator.finish(made, step)
  }
  return made
}

function groupSeries(
  evaluation: Evaluation,
  expr: AggregateExpr,
  series: readonly VectorSeries[],
): readonly AggregateGroup[] {
  const names = new Set(expr.grouping)
  const dropped = new Set([...expr.grouping, ...metricLabels])
  const groups = new Map<string, { labels: Labels; dropName: boolean; members: VectorSeries[] }>()
  for (const one of series) {
    const labels = expr.without ? one.labels.without(dropped) : one.labels.keep(names)
    const group = groups.get(labels.key)
    if (group === undefined) groups.set(labels.key, { labels, dropName: one.dropName, members: [one] })
    else {
      group.members.push(one)
      group.dropName ||= one.dropName
    }
  }
  evaluation.hold(groups.size)
  return [...groups.values()]
}
