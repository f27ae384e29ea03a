import type { Expr, VectorSelector } from '../ast.ts'

const statistics = new Set(['histogram_count', 'histogram_sum', 'histogram_avg'])
const bucketReaders = new Set(['histogram_quantile', 'histogram_quantiles', 'histogram_fraction'])

/**
 * Selectors of whose native histograms only count and sum are asked for: the nearest histogram function around them is
 * one of those, and no subquery stands between. Source: Prometheus' detectHistogramStatsDecoding.
 */
export function statsOnlySelectors(expr: Expr): ReadonlySet<VectorSelector> {
  const found = new Set<VectorSelector>()
  visit(expr, false, found)
  return found
}

function visit(expr: Expr, isStatistic: boolean, found: Set<VectorSelector>): void {
  switch (expr.kind) {
    case 'selector':
      if (isStatistic) found.add(expr)
      return
    case 'matrix':
      visit(expr.selector, isStatistic, found)
      return
    case 'subquery':
      visit(expr.inner, false, found)
      return
    case 'call': {
      const inside = statistics.has(expr.name) || (isStatistic && !bucketReaders.has(expr.name))
      for (const arg of expr.args) visit(arg, inside, found)
      return
    }
    case 'paren':
    case 'unary':
      visit(expr.inner, isStatistic, found)
      return
    case 'aggregate':
      visit(expr.inner, isStatistic, found)
      if (expr.parameter !== null) visit(expr.parameter, isStatistic, found)
      return
    case 'binary':
      visit(expr.left, isStatistic, found)
      visit(expr.right, isStatistic, found)
      return
    default:
      return
  }
}
