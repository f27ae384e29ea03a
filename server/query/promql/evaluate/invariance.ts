import type { Expr } from '../ast.ts'
import { findFunction } from '../functions/registry.ts'

/**
 * Whether an expression has the same value at every step: all it reads is fixed by `@`, and nothing asks for the time.
 * `step()` and `range()` in offsets are those of the whole query: constant within it.
 */
export function isStepInvariant(expr: Expr): boolean {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return true
    case 'paren':
    case 'unary':
      return isStepInvariant(expr.inner)
    case 'binary':
      return isStepInvariant(expr.left) && isStepInvariant(expr.right)
    case 'aggregate':
      return isStepInvariant(expr.inner) && (expr.parameter === null || isStepInvariant(expr.parameter))
    case 'call':
      return findFunction(expr.name)?.dependsOnTime !== true && expr.args.every(isStepInvariant)
    case 'selector':
      return expr.at !== null
    case 'matrix':
      return expr.selector.at !== null
    case 'subquery':
      return expr.at !== null
  }
}
