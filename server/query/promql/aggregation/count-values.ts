import type { AggregateExpr } from '../ast.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { formatValue } from '../format-value.ts'
import { goQuote } from '../go-quote.ts'
import { formatHistogram } from '../histogram/format.ts'
import { type Labels, metricLabels } from '../labels.ts'
import { absent, EvaluationError, float, type StepGrid, VectorSeries } from '../value.ts'
import type { AggregateGroup } from './aggregate-group.ts'

/** `count_values("label", v)`: how many series have each value. */
export function countValues(
  evaluation: Evaluation,
  expr: AggregateExpr,
  { label, groups, grid }: { label: string; groups: readonly AggregateGroup[]; grid: StepGrid },
): readonly VectorSeries[] {
  if (!evaluation.isLabelName(label)) throw new EvaluationError(`invalid label name ${goQuote(label)}`)
  // A label that the grouping takes away is gone after it was written, too.
  const written = expr.without && expr.grouping.includes(label) ? null : label
  const found = new Map<string, VectorSeries>()
  for (const group of groups)
    for (const series of group.members)
      for (let step = 0; step < grid.count; step += 1) {
        if (series.state[step] === absent) continue
        const value =
          series.state[step] === float ? formatValue(series.floats[step]) : formatHistogram(series.histogramAt(step))
        const made = counterOf(found, { base: group.labels, label: written, value, steps: grid.count })
        made.setFloat(step, (made.state[step] === absent ? 0 : made.floats[step]) + 1)
      }
  return [...found.values()]
}

function counterOf(
  found: Map<string, VectorSeries>,
  wanted: { base: Labels; label: string | null; value: string; steps: number },
): VectorSeries {
  const base = wanted.label === '__name__' ? wanted.base.without(metricLabels) : wanted.base
  const labels = wanted.label === null ? base : base.with(new Map([[wanted.label, wanted.value]]))
  const known = found.get(labels.key)
  if (known !== undefined) return known
  const made = new VectorSeries(labels, wanted.steps)
  found.set(labels.key, made)
  return made
}
