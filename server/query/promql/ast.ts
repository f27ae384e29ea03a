import type { Span } from './parse/position.ts'

/** What an expression yields. */
export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix'

export interface NumberLiteral extends Span {
  readonly kind: 'number'
  readonly value: number
  /** Written as a duration (`5m`); it is its seconds. */
  readonly isDuration: boolean
}

export interface StringLiteral extends Span {
  readonly kind: 'string'
  readonly value: string
}

export interface ParenExpr extends Span {
  readonly kind: 'paren'
  readonly inner: Expr
}

export interface UnaryExpr extends Span {
  readonly kind: 'unary'
  readonly operator: '+' | '-'
  readonly inner: Expr
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2'
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>='
export type SetOperator = 'and' | 'or' | 'unless'
/** `</` keeps the observations of a native histogram below a bound, `>/` those above. */
export type TrimOperator = '</' | '>/'
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | SetOperator | TrimOperator

export interface VectorMatching {
  readonly cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many'
  /** True: `on(labels)`; false: `ignoring(labels)`. */
  readonly on: boolean
  readonly labels: readonly string[]
  /** Labels taken over from the one side (`group_left(…)`). */
  readonly include: readonly string[]
  /** Values that stand in for a missing partner on that side. */
  readonly fillLeft: number | null
  readonly fillRight: number | null
}

export interface BinaryExpr extends Span {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  /** Where the operator stands. */
  readonly operatorStart: number
  readonly left: Expr
  readonly right: Expr
  readonly returnBool: boolean
  /** Null unless both sides are vectors. */
  readonly matching: VectorMatching | null
}

export interface AggregateExpr extends Span {
  readonly kind: 'aggregate'
  readonly operator: string
  readonly inner: Expr
  readonly parameter: Expr | null
  readonly grouping: readonly string[]
  readonly without: boolean
}

export interface CallExpr extends Span {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Expr[]
}

export interface Matcher {
  readonly name: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

/** A number (seconds) or a duration as it is written. */
export interface DurationLiteral extends Span {
  readonly kind: 'constant'
  readonly seconds: number
  /** Written as `5m`. */
  readonly isDuration: boolean
}

/** Seconds by a calculation that may depend on step and range of the query (`step()`, `range()`). */
export type DurationCalculation = Span & {
  /** Stands in parentheses. */
  readonly wrapped: boolean
} & (
    | { readonly kind: 'step' }
    | { readonly kind: 'range' }
    /** `+`: a number in parentheses. */
    | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly inner: DurationExpr }
    | {
        readonly kind: 'combine'
        readonly operator: DurationOperator
        readonly left: DurationExpr
        readonly right: DurationExpr
      }
  )

export type DurationExpr = DurationLiteral | DurationCalculation

export type DurationOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'min_of' | 'max_of'

/** `@ 1600000000`, `@ start()`, `@ end()`. */
export type AtModifier =
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }

interface Shifted {
  readonly offset: DurationExpr | null
  readonly at: AtModifier | null
}

export interface VectorSelector extends Span, Shifted {
  readonly kind: 'selector'
  /** Metric name where it stands before the braces; it is among `matchers` too. */
  readonly name: string | null
  readonly matchers: readonly Matcher[]
  readonly extension: 'none' | 'anchored' | 'smoothed'
}

export interface MatrixSelector extends Span {
  readonly kind: 'matrix'
  readonly selector: VectorSelector
  readonly range: DurationExpr
}

export interface SubqueryExpr extends Span, Shifted {
  readonly kind: 'subquery'
  readonly inner: Expr
  readonly range: DurationExpr
  /** Null: the default evaluation interval. */
  readonly step: DurationExpr | null
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | ParenExpr
  | UnaryExpr
  | BinaryExpr
  | AggregateExpr
  | CallExpr
  | VectorSelector
  | MatrixSelector
  | SubqueryExpr

/** The expression inside any number of parentheses. */
export function unwrapParens(expr: Expr): Expr {
  let inner = expr
  while (inner.kind === 'paren') inner = inner.inner
  return inner
}
