import { type Expr, type MatrixSelector, type SubqueryExpr, unwrapParens } from '../ast.ts'
import { EvaluationError } from '../value.ts'

/** The range that an argument is; the type check has seen to it that it is one. */
export function rangeOf(expr: Expr): MatrixSelector | SubqueryExpr {
  const inner = unwrapParens(expr)
  if (inner.kind === 'matrix' || inner.kind === 'subquery') return inner
  throw new EvaluationError(`expected a range vector, got ${inner.kind}`)
}
