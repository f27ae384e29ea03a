import { evaluateAggregate } from '../aggregation/aggregate.ts'
import { type CallExpr, type Expr, type UnaryExpr, unwrapParens } from '../ast.ts'
import type { PointwiseFunction, PromqlFunction, WindowFunction } from '../functions/function.ts'
import { findFunction } from '../functions/registry.ts'
import { scaleHistogram } from '../histogram/arithmetic.ts'
import { absent, BorrowedSeries, EvaluationError, float, type StepGrid, type Value, VectorSeries } from '../value.ts'
import { evaluateBinary } from './binary.ts'
import type { Evaluation } from './evaluation.ts'
import { isStepInvariant } from './invariance.ts'
import { applyWindowFunction, selectInstant, selectRange, streamInstant, streamWindowFunction } from './selectors.ts'

/** Value of an expression at every step of a grid. */
export async function evaluate(evaluation: Evaluation, expr: Expr, grid: StepGrid): Promise<Value> {
  evaluation.signal?.throwIfAborted()
  if (grid.count > 1 && expr.kind !== 'number' && expr.kind !== 'string' && isStepInvariant(expr)) {
    const once = await evaluateEach(evaluation, expr, { ...grid, count: 1 })
    return repeated(once, grid.count)
  }
  return evaluateEach(evaluation, expr, grid)
}

/**
 * A vector as batches of series that are read, computed and let go one after another: selectors, and window functions
 * over selectors of one metric name (of several names equal labels may come out, which must be found out first).
 * Null for everything else.
 */
export function streamVector(
  evaluation: Evaluation,
  expr: Expr,
  grid: StepGrid,
): AsyncIterable<readonly VectorSeries[]> | null {
  const inner = unwrapParens(expr)
  if (grid.count > 1 && isStepInvariant(inner)) return null
  if (inner.kind === 'selector') return streamInstant(evaluation, inner, grid)
  if (inner.kind !== 'call') return null
  const definition = findFunction(inner.name)
  const [arg, ...others] = inner.args.map(unwrapParens)
  if (definition?.kind !== 'window' || arg?.kind !== 'matrix' || others.length > 0) return null
  const hasOneName = arg.selector.matchers.some(({ name, operator }) => name === '__name__' && operator === '=')
  if (!hasOneName && definition.keepsName !== true) return null
  return streamWindowFunction(evaluation, definition, {
    ...{ call: inner, range: arg, parameters: [], grid },
    series: new BorrowedSeries(),
  })
}

async function evaluateEach(evaluation: Evaluation, expr: Expr, grid: StepGrid): Promise<Value> {
  switch (expr.kind) {
    case 'number':
      return { type: 'scalar', values: new Float64Array(grid.count).fill(expr.value) }
    case 'string':
      return { type: 'string', value: expr.value }
    case 'paren':
      return evaluate(evaluation, expr.inner, grid)
    case 'unary':
      return evaluateUnary(evaluation, expr, grid)
    case 'binary':
      return evaluateBinary(evaluation, expr, grid)
    case 'aggregate':
      return evaluateAggregate(evaluation, expr, grid)
    case 'call':
      return evaluateCall(evaluation, expr, grid)
    case 'selector':
      return { type: 'vector', series: await selectInstant(evaluation, expr, grid) }
    case 'matrix':
    case 'subquery':
      return selectRange(evaluation, expr, grid)
  }
}

function repeated(value: Value, count: number): Value {
  if (value.type === 'scalar') return { type: 'scalar', values: new Float64Array(count).fill(value.values[0]) }
  if (value.type !== 'vector') return value
  const series = value.series.map((one) => {
    const made = new VectorSeries(one.labels, count, one.dropName)
    for (let step = 0; step < count; step += 1) {
      if (one.state[0] === float) made.setFloat(step, one.floats[0])
      else if (one.state[0] !== absent) made.setHistogram(step, one.histogramAt(0))
    }
    return made
  })
  return { type: 'vector', series }
}

async function evaluateUnary(evaluation: Evaluation, expr: UnaryExpr, grid: StepGrid): Promise<Value> {
  const inner = await evaluate(evaluation, expr.inner, grid)
  if (expr.operator === '+') return inner
  if (inner.type === 'scalar') return { type: 'scalar', values: inner.values.map((value) => -value) }
  if (inner.type !== 'vector')
    throw new EvaluationError(`unary expression only allowed on scalars and instant vectors, got ${inner.type}`)
  const series = inner.series.map((one) => {
    const made = evaluation.namelessSeries(one, grid.count)
    for (let step = 0; step < grid.count; step += 1) {
      if (one.state[step] === float) made.setFloat(step, -one.floats[step])
      else if (one.state[step] !== absent) made.setHistogram(step, scaleHistogram(one.histogramAt(step), -1))
    }
    return made
  })
  return { type: 'vector', series: evaluation.afterNameDrop(series) }
}

function evaluateCall(evaluation: Evaluation, expr: CallExpr, grid: StepGrid): Promise<Value> {
  const definition = findFunction(expr.name) as PromqlFunction
  switch (definition.kind) {
    case 'expression':
      return definition.evaluate({ evaluation, expr, grid })
    case 'window':
      return evaluateWindowCall(evaluation, { expr, definition, grid })
    case 'pointwise':
      return evaluatePointwise(evaluation, { expr, definition, grid })
    case 'value':
      return evaluateArguments(evaluation, expr, grid).then((args) =>
        definition.evaluate(args, { evaluation, expr, grid }),
      )
  }
}

async function evaluateArguments(evaluation: Evaluation, expr: CallExpr, grid: StepGrid): Promise<readonly Value[]> {
  const values: Value[] = []
  for (const arg of expr.args) values.push(await evaluate(evaluation, arg, grid))
  return values
}

async function evaluateWindowCall(
  evaluation: Evaluation,
  { expr, definition, grid }: { expr: CallExpr; definition: WindowFunction; grid: StepGrid },
): Promise<Value> {
  const parameters: Float64Array[] = []
  let series: readonly VectorSeries[] = []
  for (const [i, arg] of expr.args.entries()) {
    const inner = unwrapParens(arg)
    if (inner.kind === 'matrix' || inner.kind === 'subquery') continue
    const value = await evaluate(evaluation, inner, grid)
    if (value.type === 'scalar') parameters[i] = value.values
  }
  for (const arg of expr.args) {
    const range = unwrapParens(arg)
    if (range.kind === 'matrix' || range.kind === 'subquery')
      series = await applyWindowFunction(evaluation, definition, { call: expr, range, parameters, grid })
  }
  return { type: 'vector', series }
}

async function evaluatePointwise(
  evaluation: Evaluation,
  { expr, definition, grid }: { expr: CallExpr; definition: PointwiseFunction; grid: StepGrid },
): Promise<Value> {
  const [vector, ...rest] = await evaluateArguments(evaluation, expr, grid)
  if (vector.type !== 'vector')
    throw new EvaluationError(`expected an instant vector in call to "${expr.name}", got ${vector.type}`)
  const scalars = rest.map((value) => (value.type === 'scalar' ? value.values : new Float64Array(grid.count)))
  const parameters: number[] = []
  const found: VectorSeries[] = []
  for (const series of vector.series) {
    const made = evaluation.namelessSeries(series, grid.count)
    for (let step = 0; step < grid.count; step += 1) {
      if (series.state[step] !== float) continue
      for (let i = 0; i < scalars.length; i += 1) parameters[i] = scalars[i][step]
      made.setFloat(step, definition.apply(series.floats[step], parameters))
    }
    if (!made.isEmpty()) found.push(made)
  }
  return { type: 'vector', series: evaluation.afterNameDrop(found) }
}
