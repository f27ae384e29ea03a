import { unwrapParens } from '../ast.ts'
import type { AskedTimes } from '../evaluate/evaluation.ts'
import { selectTimestamps } from '../evaluate/selectors.ts'
import { Labels } from '../labels.ts'
import { absent, float, stepTime, VectorSeries } from '../value.ts'
import type { ExpressionFunction, ValueFunction } from './function.ts'

/** Evaluation time, Unix seconds. */
export const time: ValueFunction = {
  kind: 'value',
  name: 'time',
  args: [],
  returns: 'scalar',
  dependsOnTime: true,
  summary: 'Evaluation time in Unix seconds.',
  evaluate: (_args, { grid }) => ({
    type: 'scalar',
    values: Float64Array.from({ length: grid.count }, (_, step) => stepTime(grid, step) / 1000),
  }),
}

function ofQuestion(name: string, summary: string, seconds: (asked: AskedTimes) => number): ValueFunction {
  return {
    kind: 'value',
    name,
    args: [],
    returns: 'scalar',
    experimental: true,
    summary,
    evaluate: (_args, { grid, evaluation }) => ({
      type: 'scalar',
      values: new Float64Array(grid.count).fill(seconds(evaluation.asked)),
    }),
  }
}

/** What was asked for, the same at every step and inside subqueries. */
export const questionFunctions: readonly ValueFunction[] = [
  ofQuestion('start', 'Start of the query in Unix seconds.', ({ startMs }) => startMs / 1000),
  ofQuestion('end', 'End of the query in Unix seconds.', ({ endMs }) => endMs / 1000),
  ofQuestion('range', 'From start to end of the query, seconds.', ({ startMs, endMs }) => (endMs - startMs) / 1000),
  ofQuestion('step', 'Step of the query in seconds; 0 in an instant query.', ({ startMs, endMs, stepMs }) =>
    startMs === endMs ? 0 : stepMs / 1000,
  ),
]

/** Infinity is the larger even beside NaN, as in C's and Go's math libraries. */
function larger(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b)
}

function smaller(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b)
}

function ofTwo(name: string, summary: string, choose: (a: number, b: number) => number): ValueFunction {
  return {
    kind: 'value',
    name,
    args: ['scalar', 'scalar'],
    returns: 'scalar',
    experimental: true,
    summary,
    evaluate([left, right], { grid }) {
      const values = new Float64Array(grid.count)
      if (left.type === 'scalar' && right.type === 'scalar')
        for (let step = 0; step < grid.count; step += 1) values[step] = choose(left.values[step], right.values[step])
      return { type: 'scalar', values }
    },
  }
}

/** The larger and the smaller of two scalars; NaN where one of them is. */
export const twoScalarFunctions: readonly ValueFunction[] = [
  ofTwo('max_of', 'The larger of two scalars; NaN where one of them is.', larger),
  ofTwo('min_of', 'The smaller of two scalars; NaN where one of them is.', smaller),
]

/** π. */
export const pi: ValueFunction = {
  kind: 'value',
  name: 'pi',
  args: [],
  returns: 'scalar',
  summary: 'The number π.',
  evaluate: (_args, { grid }) => ({ type: 'scalar', values: new Float64Array(grid.count).fill(Math.PI) }),
}

/** A scalar as a vector of one series without labels. */
export const vector: ValueFunction = {
  kind: 'value',
  name: 'vector',
  args: ['scalar'],
  returns: 'vector',
  summary: 'A scalar as a vector of one series without labels.',
  evaluate([scalar], { grid }) {
    const made = new VectorSeries(Labels.empty, grid.count)
    if (scalar.type === 'scalar')
      for (let step = 0; step < grid.count; step += 1) made.setFloat(step, scalar.values[step])
    return { type: 'vector', series: [made] }
  },
}

/** The value of a vector's only series; NaN where it has none or several. */
export const scalar: ValueFunction = {
  kind: 'value',
  name: 'scalar',
  args: ['vector'],
  returns: 'scalar',
  summary: 'The value of a vector of one series; NaN where it has none or several.',
  evaluate([value], { grid }) {
    const values = new Float64Array(grid.count)
    const series = value.type === 'vector' ? value.series : []
    for (let step = 0; step < grid.count; step += 1) {
      const present = series.filter((one) => one.state[step] === float)
      values[step] = present.length === 1 ? present[0].floats[step] : Number.NaN
    }
    return { type: 'scalar', values }
  },
}

/** Time of each sample in Unix seconds; of a computed vector the evaluation time. */
export const timestamp: ExpressionFunction = {
  kind: 'expression',
  name: 'timestamp',
  args: ['vector'],
  returns: 'vector',
  dependsOnTime: true,
  summary: 'Time of each sample in Unix seconds; of a computed vector the evaluation time.',
  async evaluate({ evaluation, expr, grid }) {
    const inner = unwrapParens(expr.args[0])
    if (inner.kind === 'selector') {
      const series = await selectTimestamps(evaluation, inner, grid)
      return {
        type: 'vector',
        series: evaluation.afterNameDrop(series.map((one) => named(one, evaluation.nameless(one.labels)))),
      }
    }
    const value = await evaluation.evaluate(inner, grid)
    const found = (value.type === 'vector' ? value.series : []).map((series) => {
      const made = evaluation.namelessSeries(series, grid.count)
      for (let step = 0; step < grid.count; step += 1)
        if (series.state[step] !== absent) made.setFloat(step, stepTime(grid, step) / 1000)
      return made
    })
    return { type: 'vector', series: evaluation.afterNameDrop(found) }
  },
}

function named(series: VectorSeries, name: { labels: Labels; dropName: boolean }): VectorSeries {
  return series.relabelled(name.labels, name.dropName)
}
