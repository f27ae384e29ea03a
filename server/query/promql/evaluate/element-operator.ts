import type { BinaryExpr } from '../ast.ts'
import {
  addHistograms,
  divideHistogram,
  equalHistograms,
  scaleHistogram,
  subtractHistograms,
} from '../histogram/arithmetic.ts'
import type { FloatHistogram } from '../histogram/float-histogram.ts'
import { trimHistogram } from '../histogram/trim.ts'
import type { VectorSeries } from '../value.ts'
import type { Evaluation } from './evaluation.ts'
import { arithmetic, compare, isComparison } from './float-operators.ts'

/** One operand or result at one step; exactly one of the two is meant, told by `histogram`. */
export interface Element {
  value: number
  histogram: FloatHistogram | null
}

/**
 * Applies a binary operator to two elements and fills in `result`. Returns whether it is kept: comparisons drop what is
 * false. An operator that does not fit the sample types says so in an info, sets `isUnfit` and has no result at all.
 */
export class ElementOperator {
  private readonly evaluation: Evaluation
  private readonly expr: BinaryExpr
  readonly result: Element = { value: 0, histogram: null }
  isUnfit = false

  constructor(evaluation: Evaluation, expr: BinaryExpr) {
    this.evaluation = evaluation
    this.expr = expr
  }

  apply(left: Element, right: Element): boolean {
    const { result } = this
    const { operator } = this.expr
    result.histogram = null
    this.isUnfit = false
    if (left.histogram === null && right.histogram === null) {
      if (!isComparison(operator)) {
        if (operator === '</' || operator === '>/') return this.unfit('float', 'float')
        result.value = arithmetic(operator, left.value, right.value)
        return true
      }
      result.value = left.value
      return compare(operator, left.value, right.value)
    }
    if (left.histogram !== null && right.histogram !== null) return this.histograms(left.histogram, right.histogram)
    if (left.histogram !== null) return this.histogramAndFloat(left.histogram, right.value)
    if (operator === '*') return this.keep(scaleHistogram(right.histogram as FloatHistogram, left.value))
    return this.unfit('float', 'histogram')
  }

  private histogramAndFloat(histogram: FloatHistogram, value: number): boolean {
    const { operator } = this.expr
    if (operator === '*') return this.keep(scaleHistogram(histogram, value))
    if (operator === '/') return this.keep(divideHistogram(histogram, value))
    if (operator === '</' || operator === '>/') return this.keep(trimHistogram(histogram, operator, value))
    return this.unfit('histogram', 'float')
  }

  private histograms(left: FloatHistogram, right: FloatHistogram): boolean {
    const { operator } = this.expr
    if (operator === '==' || operator === '!=') {
      this.result.histogram = left
      return equalHistograms(left, right) === (operator === '==')
    }
    if (operator !== '+' && operator !== '-') return this.unfit('histogram', 'histogram')
    const combined = operator === '+' ? addHistograms(left, right) : subtractHistograms(left, right)
    const { annotations } = this.evaluation
    if (combined === null) {
      annotations.warn('vector contains a mix of histograms with exponential and custom buckets schemas', this.expr)
      this.isUnfit = true
      return false
    }
    const kind = operator === '+' ? 'addition' : 'subtraction'
    if (combined.conflictingResets) annotations.warn(`conflicting counter resets during histogram ${kind}`, this.expr)
    if (combined.boundsReconciled)
      annotations.inform(`mismatched custom buckets were reconciled during ${kind}`, this.expr)
    return this.keep(operator === '-' ? { ...combined.histogram, resetHint: 'gauge' } : combined.histogram)
  }

  private keep(histogram: FloatHistogram): boolean {
    this.result.histogram = histogram
    return true
  }

  private unfit(left: string, right: string): boolean {
    this.isUnfit = true
    const { operator } = this.expr
    this.evaluation.annotations.inform(
      `incompatible sample types encountered for binary operator "${operator}": ${left} ${operator} ${right}`,
      this.expr,
    )
    return false
  }
}

/** Writes an element as a point. */
export function put(made: VectorSeries, step: number, element: Element): void {
  if (element.histogram === null) made.setFloat(step, element.value)
  else made.setHistogram(step, element.histogram)
}
