import type { AggregateExpr, BinaryExpr, BinaryOperator, CallExpr, Expr, VectorMatching } from '../ast.ts'
import { findFunction } from '../functions/registry.ts'
import { readPostfix, readSelector } from './selector.ts'
import { aggregators, aggregatorsWithParameter, isKeyword, isReserved, type Token } from './token.ts'
import { TokenReader } from './token-reader.ts'
import { checkTypes, type LanguageSettings } from './type-check.ts'

/** Binding strength, loosest first; power binds to the right. */
const precedence: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
}

const comparisons = new Set(['==', '!=', '<', '<=', '>', '>='])
const setOperators = new Set(['and', 'or', 'unless'])

/** Deepest nesting of an expression; deeper ones are refused with a parse error. */
const maxDepth = 500

/** Most operators of one chain (`a + b + c …`): each makes the tree one deeper. */
const maxChain = 2000

/** Parses and type-checks a query. Throws: ParseError, with line and column. */
export function parseQuery(query: string, language?: LanguageSettings): Expr {
  const reader = new TokenReader(query, language?.unquotedNames)
  if (reader.peek().kind === 'end') throw reader.error({ start: 0, end: 0 }, 'no expression found in input')
  const expr = new Parser(reader).expression(1)
  if (reader.peek().kind !== 'end') reader.failUnexpected('')
  checkTypes(query, expr, language)
  return expr
}

/** Parses a bare series selector as `match[]` takes it. Throws: ParseError. */
export function parseSelector(query: string, language?: LanguageSettings): Expr & { kind: 'selector' } {
  const expr = parseQuery(query, language)
  const reader = new TokenReader(query)
  if (expr.kind !== 'selector' || expr.offset !== null || expr.at !== null)
    throw reader.error(expr, 'expected a series selector such as up{job="api"}')
  return expr
}

class Parser {
  private readonly reader: TokenReader
  private depth = 0
  private aggregates = 0

  constructor(reader: TokenReader) {
    this.reader = reader
  }

  /** An expression whose operators bind at least as strongly as `minimum`. */
  expression(minimum: number): Expr {
    this.depth += 1
    if (this.depth > maxDepth)
      throw this.reader.error(this.reader.peek(), `expression is nested deeper than ${maxDepth}`)
    let left = this.unary()
    for (let length = 0; ; length += 1) {
      if (length > maxChain)
        throw this.reader.error(this.reader.peek(), `expression is a chain of more than ${maxChain} operators`)
      const operator = this.binaryOperator()
      const level = operator === null ? 0 : precedence[operator]
      if (operator === null || level < minimum) break
      left = this.binary(left, { operator, level })
    }
    this.depth -= 1
    return left
  }

  /** What an unexpected token is said to stand in. */
  private get context(): string {
    return this.aggregates > 0 ? 'aggregation' : ''
  }

  private binaryOperator(): BinaryOperator | null {
    const token = this.reader.peek()
    const text = token.kind === 'word' ? token.text.toLowerCase() : token.kind === 'operator' ? token.text : ''
    return Object.hasOwn(precedence, text) ? (text as BinaryOperator) : null
  }

  private binary(left: Expr, found: { operator: BinaryOperator; level: number }): BinaryExpr {
    const { operator, level } = found
    const sign = this.reader.next()
    const isComparison = comparisons.has(operator)
    const returnBool = this.reader.takeWord('bool')
    if (returnBool && !isComparison)
      throw this.reader.error(sign, 'bool modifier can only be used on comparison operators')
    const matching = this.matching(operator, left)
    const right = this.expression(operator === '^' ? level : level + 1)
    return {
      kind: 'binary',
      operator,
      operatorStart: sign.start,
      left,
      right,
      returnBool,
      matching,
      start: left.start,
      end: right.end,
    }
  }

  /** Modifiers behind the operator. Whether both sides are vectors is known later: the type check drops what does not apply. */
  private matching(operator: BinaryOperator, left: Expr): VectorMatching {
    const isSet = setOperators.has(operator)
    const none: VectorMatching = {
      cardinality: isSet ? 'many-to-many' : 'one-to-one',
      on: false,
      labels: [],
      include: [],
      fillLeft: null,
      fillRight: null,
    }
    let matching = none
    const isOn = this.reader.isWord('on')
    if (isOn || this.reader.isWord('ignoring')) {
      this.reader.next()
      matching = { ...none, on: isOn, labels: this.labelList() }
      const isLeft = this.reader.isWord('group_left')
      if (isLeft || this.reader.isWord('group_right')) {
        this.reader.next()
        if (isSet) throw this.reader.error(left, `no grouping allowed for "${operator}" operation`)
        const include = this.reader.isOperator('(') ? this.labelList() : []
        matching = { ...matching, cardinality: isLeft ? 'many-to-one' : 'one-to-many', include }
      }
    }
    return this.fill(matching, isSet)
  }

  private fill(matching: VectorMatching, isSet: boolean): VectorMatching {
    let { fillLeft, fillRight } = matching
    for (;;) {
      const word = this.reader.peek()
      const side = ['fill', 'fill_left', 'fill_right'].find((one) => this.reader.isWord(one))
      // A metric may be called "fill": only a parenthesis behind it makes it the modifier.
      if (side === undefined || !this.reader.isOperator('(', 1)) return { ...matching, fillLeft, fillRight }
      this.reader.next()
      if (isSet) throw this.reader.error(word, 'filling in missing series not allowed for set operators')
      this.reader.next()
      const value = this.fillValue()
      if (side !== 'fill_right') fillLeft = value
      if (side !== 'fill_left') fillRight = value
    }
  }

  private fillValue(): number {
    const sign = this.reader.takeSign()
    const token = this.reader.peek()
    if (token.kind !== 'number' && token.kind !== 'duration') this.reader.failUnexpected('fill modifier', 'number')
    this.reader.next()
    this.reader.expectOperator(')', 'fill modifier')
    return sign * token.number
  }

  private unary(): Expr {
    const sign = this.reader.peek()
    if (!this.reader.isOperator('-') && !this.reader.isOperator('+')) return readPostfix(this.reader, this.primary())
    this.reader.next()
    // -2^2 is -(2^2), -a*b is (-a)*b.
    const inner = this.expression(precedence['^'])
    if (inner.kind === 'number') {
      const value = sign.text === '-' ? -inner.value : inner.value
      return { ...inner, value, start: sign.start }
    }
    return { kind: 'unary', operator: sign.text as '+' | '-', inner, start: sign.start, end: inner.end }
  }

  private primary(): Expr {
    const token = this.reader.peek()
    switch (token.kind) {
      case 'number':
      case 'duration':
        this.reader.next()
        return {
          kind: 'number',
          value: token.number,
          isDuration: token.kind === 'duration',
          start: token.start,
          end: token.end,
        }
      case 'string':
        this.reader.next()
        return { kind: 'string', value: token.text, start: token.start, end: token.end }
      case 'word':
        return this.word(token)
      default:
        if (this.reader.isOperator('{')) return readSelector(this.reader, null)
        if (!this.reader.isOperator('(')) return this.reader.failUnexpected(this.context)
        return this.paren(token)
    }
  }

  private paren(open: Token): Expr {
    this.reader.next()
    const inner = this.expression(1)
    if (!this.reader.takeOperator(')')) this.reader.failUnexpected(this.context)
    return { kind: 'paren', inner, start: open.start, end: this.reader.lastEnd }
  }

  private word(token: Token): Expr {
    const lower = token.text.toLowerCase()
    if (
      aggregators.has(lower) &&
      (this.reader.isOperator('(', 1) || this.reader.isWord('by', 1) || this.reader.isWord('without', 1))
    )
      return this.aggregate(token)
    if (isReserved(token.text)) this.reader.failUnexpected(this.context)
    this.reader.next()
    if (this.reader.isOperator('(') && !isKeyword(token.text)) return this.call(token)
    return readSelector(this.reader, token)
  }

  private call(name: Token): CallExpr {
    if (name.text.includes(':'))
      throw this.reader.error(name, `unknown function with name ${JSON.stringify(name.text)}`)
    const args = this.args()
    if (findFunction(name.text) === undefined)
      throw this.reader.error(name, `unknown function with name ${JSON.stringify(name.text)}`)
    return { kind: 'call', name: name.text, args, start: name.start, end: this.reader.lastEnd }
  }

  private args(): readonly Expr[] {
    this.reader.expectOperator('(', 'function call')
    const args: Expr[] = []
    while (!this.reader.isOperator(')')) {
      args.push(this.expression(1))
      const comma = this.reader.peek()
      if (this.reader.takeOperator(',')) {
        if (this.reader.isOperator(')'))
          throw this.reader.error(comma, 'trailing commas not allowed in function call args')
      } else if (!this.reader.isOperator(')')) this.reader.failUnexpected(this.context)
    }
    this.reader.next()
    return args
  }

  private aggregate(token: Token): AggregateExpr {
    this.reader.next()
    const operator = token.text.toLowerCase()
    let grouping = this.grouping()
    this.aggregates += 1
    const args = this.args()
    this.aggregates -= 1
    grouping ??= this.grouping()
    const span = { start: token.start, end: this.reader.lastEnd }
    const wanted = aggregatorsWithParameter.has(operator) ? 2 : 1
    if (args.length === 0) throw this.reader.error(span, 'no arguments for aggregate expression provided')
    if (args.length !== wanted)
      throw this.reader.error(
        span,
        `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
      )
    return {
      kind: 'aggregate',
      operator,
      inner: args[wanted - 1],
      parameter: wanted === 2 ? args[0] : null,
      grouping: grouping?.labels ?? [],
      without: grouping?.without ?? false,
      ...span,
    }
  }

  private grouping(): { labels: readonly string[]; without: boolean } | null {
    const without = this.reader.isWord('without')
    if (!without && !this.reader.isWord('by')) return null
    this.reader.next()
    return { labels: this.labelList(), without }
  }

  /** `(a, b, "quoted name",)` */
  private labelList(): readonly string[] {
    this.reader.expectOperator('(', 'grouping opts')
    const labels: string[] = []
    while (!this.reader.isOperator(')')) {
      const token = this.reader.peek()
      const isLabel = token.kind === 'string' || (token.kind === 'word' && !token.text.includes(':'))
      if (!isLabel) this.reader.failUnexpected('grouping opts', 'label')
      this.reader.next()
      labels.push(token.text)
      if (!this.reader.takeOperator(',') && !this.reader.isOperator(')'))
        this.reader.failUnexpected('grouping opts', '"," or ")"')
    }
    this.reader.next()
    return labels
  }
}
