import type { BinaryExpr } from '../ast.ts'
import { absent, VectorSeries } from '../value.ts'
import { signatureOf } from './signature.ts'

interface Sides {
  readonly left: readonly VectorSeries[]
  readonly right: readonly VectorSeries[]
}

/** `and`, `or`, `unless`: which points stay depends on whether the other side has one of the same signature at the step. */
export function applySetOperator(expr: BinaryExpr, { left, right }: Sides): readonly VectorSeries[] {
  const signature = signatureOf(expr.matching)
  const rightSteps = presentSteps(right, signature)
  if (expr.operator === 'and') return masked(left, signature, { other: rightSteps, wanted: true })
  if (expr.operator === 'unless') return masked(left, signature, { other: rightSteps, wanted: false })
  return joinSameLabels([...left, ...masked(right, signature, { other: presentSteps(left, signature), wanted: false })])
}

/** By signature: at which steps any series has a point. */
function presentSteps(
  series: readonly VectorSeries[],
  signature: (series: VectorSeries) => string,
): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  for (const one of series) {
    const key = signature(one)
    const steps = found.get(key) ?? new Uint8Array(one.state.length)
    for (let step = 0; step < steps.length; step += 1) if (one.state[step] !== absent) steps[step] = 1
    found.set(key, steps)
  }
  return found
}

interface Mask {
  readonly other: ReadonlyMap<string, Uint8Array>
  /** True: keep points where the other side has one; false: where it has none. */
  readonly wanted: boolean
}

function masked(
  series: readonly VectorSeries[],
  signature: (series: VectorSeries) => string,
  { other, wanted }: Mask,
): VectorSeries[] {
  const kept: VectorSeries[] = []
  for (const one of series) {
    const steps = other.get(signature(one))
    if (steps === undefined) {
      if (!wanted) kept.push(one)
      continue
    }
    const made = new VectorSeries(one.labels, one.state.length, one.dropName)
    for (let step = 0; step < made.state.length; step += 1) {
      if (one.state[step] === absent || (steps[step] === 1) !== wanted) continue
      if (one.state[step] === 1) made.setFloat(step, one.floats[step])
      else made.setHistogram(step, one.histogramAt(step))
    }
    if (!made.isEmpty()) kept.push(made)
  }
  return kept
}

/** A series may come from the left at some steps and from the right at others: one line in the answer. */
function joinSameLabels(series: readonly VectorSeries[]): readonly VectorSeries[] {
  const byKey = new Map<string, VectorSeries>()
  for (const one of series) {
    const key = `${one.dropName ? '-' : '+'}${one.labels.key}`
    const before = byKey.get(key)
    if (before === undefined) {
      byKey.set(key, one)
      continue
    }
    const made = new VectorSeries(one.labels, one.state.length, one.dropName)
    for (const from of [before, one])
      for (let step = 0; step < made.state.length; step += 1) {
        if (from.state[step] === absent) continue
        if (from.state[step] === 1) made.setFloat(step, from.floats[step])
        else made.setHistogram(step, from.histogramAt(step))
      }
    byKey.set(key, made)
  }
  return [...byKey.values()]
}
