import type { BinaryOperator } from '../ast.ts'

/** Whether the operator compares; its result is the left value or nothing (or 0 and 1 with `bool`). */
export function isComparison(operator: BinaryOperator): boolean {
  return (
    operator === '==' ||
    operator === '!=' ||
    operator === '<' ||
    operator === '<=' ||
    operator === '>' ||
    operator === '>='
  )
}

export function isSetOperator(operator: BinaryOperator): operator is 'and' | 'or' | 'unless' {
  return operator === 'and' || operator === 'or' || operator === 'unless'
}

/** Whether a result is still a sample of the metric it came from: of comparisons and of cut histograms it is. */
export function keepsMetric(operator: BinaryOperator): boolean {
  return isComparison(operator) || operator === '</' || operator === '>/'
}

/** Result of an arithmetic operator on floats, as IEEE 754 and C's math library have it. */
export function arithmetic(operator: BinaryOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '%':
      return left % right
    case '^':
      return power(left, right)
    case 'atan2':
      return Math.atan2(left, right)
    default:
      return Number.NaN
  }
}

/** JavaScript's power differs from C's where the base is ±1: 1^NaN is 1, (-1)^±Inf is 1. */
function power(base: number, exponent: number): number {
  if (base === 1) return 1
  if (base === -1 && (exponent === Infinity || exponent === -Infinity)) return 1
  return base ** exponent
}

export function compare(operator: BinaryOperator, left: number, right: number): boolean {
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    default:
      return false
  }
}
