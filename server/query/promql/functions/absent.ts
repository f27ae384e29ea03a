import { type Expr, unwrapParens } from '../ast.ts'
import { rangeOf } from '../evaluate/range-argument.ts'
import { applyWindowFunction } from '../evaluate/selectors.ts'
import { Labels, metricLabels } from '../labels.ts'
import { absent as none, type StepGrid, VectorSeries } from '../value.ts'
import type { ExpressionFunction, WindowFunction } from './function.ts'

/** The labels that a missing series must have had: those that the selector fixes with `=`, unless it says more of them after. */
function labelsOfSelector(expr: Expr): Labels {
  const inner = unwrapParens(expr)
  const selector = inner.kind === 'matrix' ? inner.selector : inner
  if (selector.kind !== 'selector') return Labels.empty
  const fixed = new Map<string, string>()
  const seen = new Set<string>()
  for (const { name, operator, value } of selector.matchers) {
    if (metricLabels.has(name)) continue
    if (operator === '=' && !seen.has(name)) {
      fixed.set(name, value)
      seen.add(name)
    } else fixed.delete(name)
  }
  return Labels.from(fixed)
}

function absentWhere(series: readonly VectorSeries[], labels: Labels, grid: StepGrid): readonly VectorSeries[] {
  const made = new VectorSeries(labels, grid.count)
  for (let step = 0; step < grid.count; step += 1)
    if (!series.some((one) => one.state[step] !== none)) made.setFloat(step, 1)
  return made.isEmpty() ? [] : [made]
}

/** 1 where the vector has no series. */
export const absent: ExpressionFunction = {
  kind: 'expression',
  name: 'absent',
  args: ['vector'],
  returns: 'vector',
  summary: '1 where the vector has no series.',
  async evaluate({ evaluation, expr, grid }) {
    const value = await evaluation.evaluate(expr.args[0], grid)
    const series = value.type === 'vector' ? value.series : []
    return { type: 'vector', series: absentWhere(series, labelsOfSelector(expr.args[0]), grid) }
  },
}

const present: WindowFunction = {
  kind: 'window',
  name: 'absent_over_time',
  args: ['matrix'],
  returns: 'vector',
  keepsName: true,
  summary: '',
  evaluate: (_window, point) => point.float(1),
}

/** 1 where no series has a sample in the range. */
export const absentOverTime: ExpressionFunction = {
  kind: 'expression',
  name: 'absent_over_time',
  args: ['matrix'],
  returns: 'vector',
  summary: '1 where no series has a sample in the range.',
  async evaluate({ evaluation, expr, grid }) {
    const range = rangeOf(expr.args[0])
    const series = await applyWindowFunction(evaluation, present, { call: expr, range, parameters: [], grid })
    return { type: 'vector', series: absentWhere(series, labelsOfSelector(expr.args[0]), grid) }
  },
}
