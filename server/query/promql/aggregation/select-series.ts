import type { AggregateExpr } from '../ast.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { boundsOf } from '../evaluate/statistics.ts'
import { formatGo } from '../format-value.ts'
import { absent, EvaluationError, float, histogram, type StepGrid, VectorSeries } from '../value.ts'
import type { AggregateGroup } from './aggregate-group.ts'

interface Work {
  readonly groups: readonly AggregateGroup[]
  readonly scalar: Float64Array
  readonly grid: StepGrid
}

/** `topk`, `bottomk`, `limitk`, `limit_ratio`: some of the series at each step, with their own labels. */
export function selectSeries(evaluation: Evaluation, expr: AggregateExpr, work: Work): readonly VectorSeries[] {
  if (!hasChoice(evaluation, expr, work.scalar)) return []
  const kept = new Map<VectorSeries, VectorSeries>()
  const order: VectorSeries[] = []
  for (const group of work.groups)
    for (let step = 0; step < work.grid.count; step += 1)
      for (const series of chosenAt(evaluation, expr, { group, step, parameter: work.scalar[step] })) {
        let made = kept.get(series)
        if (made === undefined) {
          made = new VectorSeries(series.labels, work.grid.count, series.dropName)
          kept.set(series, made)
          order.push(made)
        }
        if (series.state[step] === float) made.setFloat(step, series.floats[step])
        else made.setHistogram(step, series.histogramAt(step))
      }
  return order
}

/** Whether the parameter lets anything be chosen at all. Throws: EvaluationError for one that cannot be meant. */
function hasChoice(evaluation: Evaluation, expr: AggregateExpr, scalar: Float64Array): boolean {
  const { least, most } = boundsOf(scalar)
  if (expr.operator === 'limit_ratio') return hasRatio(evaluation, expr, { least, most })
  if (most < 1) return false
  if (Number.isNaN(most)) throw new EvaluationError('Parameter value is NaN')
  if (least <= -(2 ** 63)) throw new EvaluationError(`Scalar value ${formatGo(least)} underflows int64`)
  if (most >= 2 ** 63) throw new EvaluationError(`Scalar value ${formatGo(most)} overflows int64`)
  return true
}

function hasRatio(evaluation: Evaluation, expr: AggregateExpr, { least, most }: { least: number; most: number }) {
  if (least === 0 && most === 0) return false
  if (Number.isNaN(most)) throw new EvaluationError('Ratio value is NaN')
  const warn = (got: number, capped: number) =>
    evaluation.annotations.warn(
      `ratio value should be between -1 and 1, got ${formatGo(got)}, capping to ${capped}`,
      expr.parameter,
    )
  if (most > 1) warn(most, 1)
  if (least < -1) warn(least, -1)
  return true
}

interface Choice {
  readonly group: AggregateGroup
  readonly step: number
  readonly parameter: number
}

function chosenAt(
  evaluation: Evaluation,
  expr: AggregateExpr,
  { group, step, parameter }: Choice,
): readonly VectorSeries[] {
  const present = () => group.members.filter((series) => series.state[step] !== absent)
  if (expr.operator === 'limit_ratio')
    return present().filter((series) => isInRatio(series, Math.max(-1, Math.min(1, parameter))))
  const k = Math.trunc(parameter)
  if (k < 1) return []
  if (expr.operator === 'limitk') return present().slice(0, k)
  if (group.members.some((series) => series.state[step] === histogram))
    evaluation.annotations.inform(`ignored histogram in ${expr.operator} aggregation`, expr)
  return extremes(group.members, { step, k, largest: expr.operator === 'topk' })
}

/**
 * The k largest (smallest) floats first; NaN comes last in both. Equal values keep the order of the input.
 * Cost: one look at each series, and a place among the best so far for those that come among them.
 */
function extremes(
  series: readonly VectorSeries[],
  { step, k, largest }: { step: number; k: number; largest: boolean },
): readonly VectorSeries[] {
  // Smaller is better, NaN is worse than all.
  const rankOf = (one: VectorSeries) => {
    const value = one.floats[step]
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : largest ? -value : value
  }
  const isBetter = (a: VectorSeries, rankA: number, b: VectorSeries) => {
    const rankB = rankOf(b)
    if (rankA !== rankB) return rankA < rankB
    return Number.isNaN(b.floats[step]) && !Number.isNaN(a.floats[step])
  }
  const best: VectorSeries[] = []
  for (const one of series) {
    if (one.state[step] !== float) continue
    const rank = rankOf(one)
    if (best.length === k && !isBetter(one, rank, best[k - 1])) continue
    let low = 0
    let high = best.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBetter(one, rank, best[middle])) high = middle
      else low = middle + 1
    }
    if (best.length === k) best.pop()
    best.splice(low, 0, one)
  }
  return best
}

/** A series lies at a fixed place in [0, 1) by its labels; r keeps those below r, -r those at or above 1-r. */
function isInRatio(series: VectorSeries, ratio: number): boolean {
  const place = placeOfLabels(series.labels.key)
  return ratio >= 0 ? place < ratio : place >= 1 + ratio
}

/** FNV-1a with a final mix, as a share of 2^32. */
function placeOfLabels(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296
}
