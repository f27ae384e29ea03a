import type { AtModifier, DurationExpr, Expr, ValueType } from '../ast.ts'

/** The time that selectors look at: `@`, moved back by the offset; without `@` that of each step. */
export interface Reference {
  readonly atMs: number | null
  readonly offsetMs: number
}

interface Shift {
  readonly at: AtModifier | null
  readonly offset: DurationExpr | null
}

/** Types of expressions, and values of modifiers in the query at hand. */
export interface ShiftTimes {
  typeOf(expr: Expr): ValueType
  durationMs(expr: DurationExpr): number
  readonly asked: { readonly startMs: number; readonly endMs: number }
}

const evaluationTime: Reference = { atMs: null, offsetMs: 0 }

/**
 * The time that all series of an expression come from. Where they come from several, or some from no selector at all, it
 * is the time of evaluation. Source: Prometheus 3.16, info().
 */
export function referenceOf(expr: Expr, times: ShiftTimes): Reference {
  const found: Reference[] = []
  const whole = new References(times, found).collect(expr, [])
  const [first, ...others] = found
  if (!whole || first === undefined || others.some((one) => !same(first, one))) return evaluationTime
  return first
}

function same(a: Reference, b: Reference): boolean {
  if (a.atMs === null || b.atMs === null) return a.atMs === b.atMs && a.offsetMs === b.offsetMs
  return a.atMs - a.offsetMs === b.atMs - b.offsetMs
}

class References {
  private readonly times: ShiftTimes
  private readonly found: Reference[]
  private isWhole = true

  constructor(times: ShiftTimes, found: Reference[]) {
    this.times = times
    this.found = found
  }

  /** Whether everything in the expression that makes series is a selector. `around`: subqueries, the innermost last. */
  collect(expr: Expr, around: readonly Shift[]): boolean {
    this.visit(expr, around)
    return this.isWhole
  }

  private visit(expr: Expr, around: readonly Shift[]): boolean {
    const type = this.times.typeOf(expr)
    if (type !== 'vector' && type !== 'matrix') return false
    if (expr.kind === 'selector') {
      this.found.push(this.shifted(expr, around))
      return true
    }
    const inside = expr.kind === 'subquery' ? [...around, expr] : around
    let hasSelector = false
    for (const child of childrenOf(expr)) hasSelector = this.visit(child, inside) || hasSelector
    if (!hasSelector) this.isWhole = false
    return hasSelector
  }

  /** Offsets of subqueries add up until an `@` fixes the time. */
  private shifted(selector: Shift, around: readonly Shift[]): Reference {
    let atMs = this.atOf(selector)
    let offsetMs = this.offsetOf(selector)
    for (let i = around.length - 1; i >= 0 && atMs === null; i -= 1) {
      offsetMs += this.offsetOf(around[i])
      atMs = this.atOf(around[i])
    }
    return { atMs, offsetMs }
  }

  private atOf({ at }: Shift): number | null {
    if (at === null) return null
    const { asked } = this.times
    return at.kind === 'time' ? at.ms : at.kind === 'start' ? asked.startMs : asked.endMs
  }

  private offsetOf({ offset }: Shift): number {
    return offset === null ? 0 : this.times.durationMs(offset)
  }
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'paren':
    case 'unary':
    case 'subquery':
      return [expr.inner]
    case 'binary':
      return [expr.left, expr.right]
    case 'aggregate':
      return expr.parameter === null ? [expr.inner] : [expr.inner, expr.parameter]
    case 'matrix':
      return [expr.selector]
    case 'call':
      // The second argument of info() says which labels, it makes no series.
      return expr.name === 'info' ? expr.args.slice(0, 1) : expr.args
    default:
      return []
  }
}
