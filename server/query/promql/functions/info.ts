import type { VectorSelector } from '../ast.ts'
import { selectInstant, selectTimestamps } from '../evaluate/selectors.ts'
import { belongsToSome, InfoJoin, InfoSelection } from '../info/info-labels.ts'
import { referenceOf } from '../info/reference.ts'
import { absent, EvaluationError, float, type VectorSeries } from '../value.ts'
import type { CallContext, ExpressionFunction } from './function.ts'

/** Joins the labels of info metrics (`target_info` unless told otherwise) to the series of the same job and instance. */
export const info: ExpressionFunction = {
  kind: 'expression',
  name: 'info',
  // Even of fixed series: where they come from several times, the info metrics are those of each step.
  dependsOnTime: true,
  args: ['vector', 'vector'],
  optional: 1,
  returns: 'vector',
  experimental: true,
  summary: 'Adds the labels of info metrics such as target_info to the series of the same job and instance.',
  async evaluate(call) {
    const value = await call.evaluation.evaluate(call.expr.args[0], call.grid)
    const series = value.type === 'vector' ? value.series : []
    const selector = call.expr.args[1]
    const selection = new InfoSelection(selector?.kind === 'selector' ? selector.matchers : [])
    const base = series.filter(({ labels }) => !selection.isInfo(labels))
    const join = new InfoJoin(call.grid, base.length === 0 ? [] : await selectInfo(call, base, selection), selection)
    for (const one of series)
      if (selection.isInfo(one.labels)) join.keep(one)
      else join.add(one)
    return { type: 'vector', series: join.results() }
  },
}

/** Info series at the time that the base comes from; each value is the time of its sample. */
async function selectInfo(
  { evaluation, expr, grid }: CallContext,
  base: readonly VectorSeries[],
  selection: InfoSelection,
): Promise<readonly VectorSeries[]> {
  const { atMs, offsetMs } = referenceOf(expr.args[0], evaluation)
  const span = { start: expr.start, end: expr.end }
  const selector: VectorSelector = {
    kind: 'selector',
    name: null,
    matchers: [...selection.names, ...selection.data],
    extension: 'none',
    offset: { kind: 'constant', seconds: offsetMs / 1000, isDuration: true, ...span },
    at: atMs === null ? null : { kind: 'time', ms: atMs },
    ...span,
  }
  const belongs = belongsToSome(base.map(({ labels }) => labels))
  for (const { labels, state } of await selectInstant(evaluation, selector, grid))
    if (belongs(labels) && state.some((one) => one !== absent && one !== float))
      throw new EvaluationError('info sample should be float')
  const found = await selectTimestamps(evaluation, selector, grid)
  return found.filter(({ labels }) => belongs(labels))
}
