import type { AggregateExpr, BinaryExpr, CallExpr, Expr, ValueType, VectorSelector } from '../ast.ts'
import type { PromqlFunction, Signature } from '../functions/function.ts'
import { findFunction } from '../functions/registry.ts'
import type { UnquotedNames } from './lexer.ts'
import { ParseError, type Span } from './position.ts'
import { matchesEmpty } from './selector.ts'

/** Types as messages name them. */
export const typeNames: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  string: 'string',
  vector: 'instant vector',
  matrix: 'range vector',
}

/** Options of the language that a deployment may switch. */
export interface LanguageSettings {
  /** Functions and modifiers that Prometheus keeps behind feature flags. */
  readonly experimental: boolean
  /** Default: ascii. */
  readonly unquotedNames?: UnquotedNames
}

/** Type of a checked expression. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar'
    case 'string':
      return 'string'
    case 'paren':
    case 'unary':
      return typeOf(expr.inner)
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector'
    case 'call':
      return findFunction(expr.name)?.returns ?? 'vector'
    case 'aggregate':
    case 'selector':
      return 'vector'
    case 'matrix':
    case 'subquery':
      return 'matrix'
  }
}

/** Checks that every operand and argument has the type it must have. Throws: ParseError. */
export function checkTypes(query: string, expr: Expr, settings: LanguageSettings = { experimental: true }): void {
  new TypeCheck(query, settings).check(expr)
}

class TypeCheck {
  private readonly query: string
  private readonly settings: LanguageSettings

  constructor(query: string, settings: LanguageSettings) {
    this.query = query
    this.settings = settings
  }

  check(expr: Expr): void {
    switch (expr.kind) {
      case 'paren':
        this.check(expr.inner)
        return
      case 'unary':
        this.check(expr.inner)
        if (typeOf(expr.inner) !== 'scalar' && typeOf(expr.inner) !== 'vector')
          this.fail(
            expr,
            `unary expression only allowed on expressions of type scalar or instant vector, got "${typeNames[typeOf(expr.inner)]}"`,
          )
        return
      case 'binary':
        this.binary(expr)
        return
      case 'aggregate':
        this.aggregate(expr)
        return
      case 'call':
        this.call(expr)
        return
      case 'subquery':
        this.check(expr.inner)
        if (typeOf(expr.inner) !== 'vector' && typeOf(expr.inner) !== 'scalar')
          this.fail(expr, `subquery is only allowed on instant vector, got ${typeOf(expr.inner)} instead`)
        return
      case 'matrix':
        this.check(expr.selector)
        return
      case 'selector':
        this.selector(expr)
        return
      default:
        return
    }
  }

  /** A selector of everything would be a typing error more often than a wish. */
  private selector(expr: VectorSelector): void {
    const second = expr.name === null ? undefined : expr.matchers.slice(0, -1).find(({ name }) => name === '__name__')
    if (second !== undefined)
      this.fail(
        expr,
        `metric name must not be set twice: ${JSON.stringify(expr.name)} or ${JSON.stringify(second.value)}`,
      )
    if (expr.name === null && expr.matchers.every(matchesEmpty))
      this.fail(expr, 'vector selector must contain at least one non-empty matcher')
  }

  private binary(expr: BinaryExpr): void {
    this.check(expr.left)
    this.check(expr.right)
    const [left, right] = [typeOf(expr.left), typeOf(expr.right)]
    for (const [type, side] of [
      [left, expr.left],
      [right, expr.right],
    ] as const)
      if (type !== 'scalar' && type !== 'vector')
        this.fail(side, 'binary expression must contain only scalar and instant vector types')
    const isSet = ['and', 'or', 'unless'].includes(expr.operator)
    if (left === 'vector' && right === 'vector') {
      this.matching(expr)
      return
    }
    const { matching } = expr
    if (matching !== null && (matching.labels.length > 0 || matching.on))
      this.fail(expr, 'vector matching only allowed between instant vectors')
    if (isSet) this.fail(expr, `set operator "${expr.operator}" not allowed in binary scalar expression`)
    if (matching !== null && (matching.fillLeft !== null || matching.fillRight !== null))
      this.fail(expr, 'filling in missing series only allowed between instant vectors')
    const isComparison = ['==', '!=', '<', '<=', '>', '>='].includes(expr.operator)
    if (isComparison && !expr.returnBool && left === 'scalar' && right === 'scalar')
      this.fail(
        { start: expr.operatorStart, end: expr.operatorStart },
        'comparisons between scalars must use BOOL modifier',
      )
  }

  private matching(expr: BinaryExpr): void {
    const { matching } = expr
    if (matching === null || !matching.on) return
    for (const name of matching.include)
      if (matching.labels.includes(name))
        this.fail(
          { start: expr.operatorStart, end: expr.operatorStart },
          `label ${JSON.stringify(name)} must not occur in ON and GROUP clause at once`,
        )
  }

  private aggregate(expr: AggregateExpr): void {
    const isExperimental = expr.operator === 'limitk' || expr.operator === 'limit_ratio'
    if (isExperimental && !this.settings.experimental)
      this.fail(expr, `${expr.operator}() is experimental and must be enabled`)
    this.check(expr.inner)
    this.expect(expr.inner, 'vector', 'aggregation expression')
    if (expr.parameter === null) return
    this.check(expr.parameter)
    this.expect(expr.parameter, expr.operator === 'count_values' ? 'string' : 'scalar', 'aggregation parameter')
  }

  private call(expr: CallExpr): void {
    const found = findFunction(expr.name)
    if (found === undefined) this.fail(expr, `unknown function with name ${JSON.stringify(expr.name)}`)
    else this.signature(expr, found)
  }

  private signature(expr: CallExpr, found: PromqlFunction): void {
    if (found.experimental === true && !this.settings.experimental)
      this.fail(expr, `function "${expr.name}" is not enabled: it is experimental`)
    this.argumentCount(expr, found)
    expr.args.forEach((arg, i) => {
      // The second argument of info() says which labels, it selects no series by itself.
      if (found.name !== 'info' || i === 0 || arg.kind !== 'selector') this.check(arg)
      this.expect(arg, found.args[Math.min(i, found.args.length - 1)], `call to function "${expr.name}"`)
    })
    if (found.name === 'info' && expr.args.length > 1) this.labelSelectors(expr.args[1])
  }

  private labelSelectors(expr: Expr): void {
    if (expr.kind !== 'selector') this.fail(expr, 'expected label selectors only')
    else if (expr.name !== null) this.fail(expr, 'expected label selectors only, got vector selector instead')
  }

  private argumentCount(expr: CallExpr, { name, args, optional = 0, repeatsLast }: Signature): void {
    const least = args.length - optional
    const got = expr.args.length
    const qualifier =
      got < least ? (optional > 0 || repeatsLast === true ? 'at least ' : '') : optional > 0 ? 'at most ' : ''
    const wanted = got < least ? least : args.length
    if (got < least || (repeatsLast !== true && got > args.length))
      this.fail(expr, `expected ${qualifier}${wanted} argument(s) in call to "${name}", got ${got}`)
  }

  private expect(expr: Expr, wanted: ValueType, context: string): void {
    const got = typeOf(expr)
    if (got !== wanted) this.fail(expr, `expected type ${typeNames[wanted]} in ${context}, got ${typeNames[got]}`)
  }

  private fail(span: Span, detail: string): never {
    throw new ParseError(this.query, span, detail)
  }
}
