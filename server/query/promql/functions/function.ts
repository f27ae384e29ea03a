import type { CallExpr, ValueType } from '../ast.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import type { Window } from '../evaluate/window.ts'
import type { FloatHistogram } from '../histogram/float-histogram.ts'
import type { StepGrid, Value, VectorSeries } from '../value.ts'

/** What a person and the type check need to know of a function. */
export interface Signature {
  readonly name: string
  /** Types of the arguments; the last `optional` of them may be left out. */
  readonly args: readonly ValueType[]
  readonly optional?: number
  /** The last argument may be repeated. */
  readonly repeatsLast?: boolean
  readonly returns: ValueType
  /** Needs the switch for experimental functions. */
  readonly experimental?: boolean
  /** Depends on the evaluation time even if its arguments do not (`time()`, `timestamp(…)`). */
  readonly dependsOnTime?: boolean
  /** One sentence for completion and the reference. */
  readonly summary: string
}

/** Where a window function puts its result; nothing set: the series has no point at this step. */
export class Point {
  isFloat = false
  value = 0
  histogram: FloatHistogram | null = null

  float(value: number): void {
    this.isFloat = true
    this.value = value
  }
}

/** What a function may ask of the call it serves. */
export interface CallContext {
  readonly evaluation: Evaluation
  readonly expr: CallExpr
  readonly grid: StepGrid
}

/** What a window function may ask at one step of one series. */
export interface WindowCall extends CallContext {
  readonly step: number
  /** Value of the scalar argument at this step. */
  parameter(index: number): number
  /** Metric name of the series, '' without one; for remarks. */
  readonly metricName: string
}

/** Applied to every float of a vector by itself; histograms are left out. The metric name goes. */
export interface PointwiseFunction extends Signature {
  readonly kind: 'pointwise'
  apply(value: number, parameters: readonly number[]): number
}

/** Floats of one series, and the windows over them: at step i it is (end - rangeMs, end] with end = firstEndMs + i * strideMs. */
export interface FloatRun {
  readonly times: Float64Array
  readonly values: Float64Array
  /** Of a thinned series, see there; else null. */
  readonly ordinals: Int32Array | null
  readonly rangeMs: number
  readonly firstEndMs: number
  readonly strideMs: number
  readonly steps: number
}

/** Applied to the samples of one series in a window, step after step. Must not keep the window or allocate per sample. */
export interface WindowFunction extends Signature {
  readonly kind: 'window'
  /** The result is still a value of the metric (`last_over_time`). */
  readonly keepsName?: boolean
  /** Range extensions that the function understands. */
  readonly extensions?: readonly ('anchored' | 'smoothed')[]
  evaluate(window: Window, point: Point, call: WindowCall): void
  /** The same at all steps of a series that has floats only, for functions that can do so in one loop. */
  evaluateFloats?(run: FloatRun, made: VectorSeries): void
}

/** Applied to whole values over the grid. */
export interface ValueFunction extends Signature {
  readonly kind: 'value'
  evaluate(args: readonly Value[], call: CallContext): Value
}

/** Evaluates its own arguments, because it needs them otherwise than by value. */
export interface ExpressionFunction extends Signature {
  readonly kind: 'expression'
  evaluate(call: CallContext): Promise<Value>
}

export type PromqlFunction = PointwiseFunction | WindowFunction | ValueFunction | ExpressionFunction
