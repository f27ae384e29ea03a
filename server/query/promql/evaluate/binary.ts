import type { BinaryExpr } from '../ast.ts'
import { absent, EvaluationError, float, type StepGrid, type Value, VectorSeries } from '../value.ts'
import { type Element, ElementOperator, put } from './element-operator.ts'
import type { Evaluation } from './evaluation.ts'
import { arithmetic, compare, isComparison, isSetOperator, keepsMetric } from './float-operators.ts'
import { matchVectors } from './matching.ts'
import { applySetOperator } from './set-operators.ts'

/** Evaluates a binary expression over the grid. */
export async function evaluateBinary(evaluation: Evaluation, expr: BinaryExpr, grid: StepGrid): Promise<Value> {
  const left = await evaluation.evaluate(expr.left, grid)
  const right = await evaluation.evaluate(expr.right, grid)
  if (left.type === 'scalar' && right.type === 'scalar') return scalars(expr, left.values, right.values)
  if (left.type === 'vector' && right.type === 'vector') {
    const series = isSetOperator(expr.operator)
      ? applySetOperator(expr, { left: left.series, right: right.series })
      : matchVectors(evaluation, expr, { left: left.series, right: right.series, grid })
    return { type: 'vector', series }
  }
  if (left.type === 'vector' && right.type === 'scalar')
    return {
      type: 'vector',
      series: withScalar(evaluation, expr, { series: left.series, scalar: right.values, scalarIsLeft: false }),
    }
  if (left.type === 'scalar' && right.type === 'vector')
    return {
      type: 'vector',
      series: withScalar(evaluation, expr, { series: right.series, scalar: left.values, scalarIsLeft: true }),
    }
  throw new EvaluationError(
    `binary expression must contain only scalar and instant vector types, got ${left.type} and ${right.type}`,
  )
}

function scalars(expr: BinaryExpr, left: Float64Array, right: Float64Array): Value {
  const { operator } = expr
  const values = new Float64Array(left.length)
  for (let i = 0; i < values.length; i += 1)
    values[i] = isComparison(operator)
      ? Number(compare(operator, left[i], right[i]))
      : arithmetic(operator, left[i], right[i])
  return { type: 'scalar', values }
}

interface ScalarSide {
  readonly series: readonly VectorSeries[]
  readonly scalar: Float64Array
  readonly scalarIsLeft: boolean
}

function withScalar(
  evaluation: Evaluation,
  expr: BinaryExpr,
  { series, scalar, scalarIsLeft }: ScalarSide,
): readonly VectorSeries[] {
  const operator = new ElementOperator(evaluation, expr)
  const comparison = isComparison(expr.operator)
  const keepsName = keepsMetric(expr.operator) && !expr.returnBool
  const own: Element = { value: 0, histogram: null }
  const other: Element = { value: 0, histogram: null }
  const found: VectorSeries[] = []
  for (const one of series) {
    const steps = one.state.length
    const made = keepsName ? new VectorSeries(one.labels, steps, one.dropName) : evaluation.namelessSeries(one, steps)
    for (let step = 0; step < steps; step += 1) {
      if (one.state[step] === absent) continue
      own.value = one.floats[step]
      own.histogram = one.state[step] === float ? null : one.histogramAt(step)
      other.value = scalar[step]
      const kept = scalarIsLeft ? operator.apply(other, own) : operator.apply(own, other)
      if (operator.isUnfit) continue
      if (expr.returnBool) made.setFloat(step, Number(kept))
      else if (kept && comparison) made.setFloat(step, own.value)
      else if (kept) put(made, step, operator.result)
    }
    if (!made.isEmpty()) found.push(made)
  }
  return keepsName ? found : evaluation.afterNameDrop(found)
}
