import { RE2JS } from 're2js'
import type { AtModifier, DurationExpr, Expr, Matcher, MatrixSelector, SubqueryExpr, VectorSelector } from '../ast.ts'
import { formatGo } from '../format-value.ts'
import { readDurationExpression, readDurationOperand } from './duration-expression.ts'
import type { Token } from './token.ts'
import type { TokenReader } from './token-reader.ts'

/** `name{a="b", c=~"d"}` or `{"name", a="b"}`; the name token, if any, is already read. */
export function readSelector(reader: TokenReader, name: Token | null): VectorSelector {
  const start = name?.start ?? reader.peek().start
  const matchers: Matcher[] = []
  if (reader.takeOperator('{')) {
    while (!reader.isOperator('}')) {
      matchers.push(readMatcher(reader, { named: name !== null, before: matchers }))
      if (!reader.takeOperator(',') && !reader.isOperator('}')) reader.failUnexpected('label matching', '"," or "}"')
    }
    reader.next()
  }
  if (name !== null) matchers.push({ name: '__name__', operator: '=', value: name.text })
  const span = { start, end: reader.lastEnd }
  return { kind: 'selector', name: name?.text ?? null, matchers, extension: 'none', offset: null, at: null, ...span }
}

function readMatcher(reader: TokenReader, context: { named: boolean; before: readonly Matcher[] }): Matcher {
  const label = reader.peek()
  if (label.kind !== 'label' && label.kind !== 'string') reader.failUnexpected('label matching', 'identifier or "}"')
  reader.next()
  const operator = reader.peek()
  if (label.kind === 'string' && (reader.isOperator(',') || reader.isOperator('}')))
    return readBareName(reader, label, context)
  if (operator.kind !== 'operator' || !['=', '!=', '=~', '!~'].includes(operator.text))
    reader.failUnexpected('label matching', label.kind === 'string' ? '"," or "}"' : 'label matching operator')
  reader.next()
  const value = reader.peek()
  if (value.kind !== 'string') reader.failUnexpected('label matching', 'string')
  reader.next()
  const matcher: Matcher = { name: label.text, operator: operator.text as Matcher['operator'], value: value.text }
  if (operator.text === '=~' || operator.text === '!~') checkRegex(reader, label, value.text)
  return matcher
}

function readBareName(
  reader: TokenReader,
  label: Token,
  context: { named: boolean; before: readonly Matcher[] },
): Matcher {
  const already =
    context.named || context.before.some((matcher) => matcher.name === '__name__' && matcher.operator === '=')
  if (already) refuseSecondName(reader, label, label.text)
  return { name: '__name__', operator: '=', value: label.text }
}

function refuseSecondName(reader: TokenReader, at: Token, name: string): never {
  throw reader.error(at, `metric name must not be set twice: ${JSON.stringify(name)} comes second`)
}

function checkRegex(reader: TokenReader, label: Token, pattern: string): void {
  try {
    RE2JS.compile(pattern)
  } catch (error) {
    const detail = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
    throw reader.error(label, `error parsing regexp: ${detail}`)
  }
}

/** Whether a series without the label is selected. */
export function matchesEmpty({ operator, value }: Matcher): boolean {
  switch (operator) {
    case '=':
      return value === ''
    case '!=':
      return value !== ''
    case '=~':
      return RE2JS.matches(value, '')
    case '!~':
      return !RE2JS.matches(value, '')
  }
}

/** Most ranges and modifiers behind one expression: each range makes the tree one deeper. */
const maxPostfixes = 100

/** Reads `[5m]`, `[5m:1m]`, `offset 1m`, `@ 1600000000`, `anchored`, `smoothed` behind an expression, as many as stand there. */
export function readPostfix(reader: TokenReader, first: Expr): Expr {
  let expr = first
  for (let count = 0; ; count += 1) {
    if (count > maxPostfixes) throw reader.error(reader.peek(), `more than ${maxPostfixes} modifiers in a row`)
    if (reader.isOperator('[')) expr = readRange(reader, expr)
    else if (reader.isWord('offset')) expr = readOffset(reader, expr)
    else if (reader.isOperator('@')) expr = readAt(reader, expr)
    else if (reader.isWord('anchored') || reader.isWord('smoothed')) expr = readExtension(reader, expr)
    else return expr
  }
}

function readRange(reader: TokenReader, expr: Expr): MatrixSelector | SubqueryExpr {
  const bracket = reader.next()
  const range = readDurationExpression(reader)
  requirePositive(reader, range)
  if (reader.takeOperator(':')) {
    const step = reader.isOperator(']') ? null : readDurationExpression(reader)
    if (step !== null) requirePositive(reader, step)
    reader.expectOperator(']', 'subquery selector')
    return {
      kind: 'subquery',
      inner: expr,
      range,
      step,
      offset: null,
      at: null,
      start: expr.start,
      end: reader.lastEnd,
    }
  }
  if (!reader.isOperator(']')) reader.failUnexpected('subquery or range selector', '":" or "]"')
  reader.next()
  if (expr.kind !== 'selector')
    throw reader.error({ start: bracket.start, end: reader.lastEnd }, 'ranges only allowed for vector selectors')
  if (expr.offset !== null || expr.at !== null)
    throw reader.error(bracket, `no ${expr.offset !== null ? 'offset' : '@'} modifiers allowed before range`)
  return { kind: 'matrix', selector: expr, range, start: expr.start, end: reader.lastEnd }
}

function requirePositive(reader: TokenReader, duration: DurationExpr): void {
  if (duration.kind === 'constant' && duration.seconds <= 0)
    throw reader.error(duration, 'duration must be greater than 0')
}

function readOffset(reader: TokenReader, expr: Expr): Expr {
  const word = reader.next()
  const offset = readDurationOperand(reader)
  return shift(reader, expr, { word, change: { offset }, what: 'offset' })
}

function readAt(reader: TokenReader, expr: Expr): Expr {
  const word = reader.next()
  const at = readAtTime(reader, expr)
  return shift(reader, expr, { word, change: { at }, what: '@' })
}

function readAtTime(reader: TokenReader, expr: Expr): AtModifier {
  const token = reader.peek()
  if (token.kind === 'word' && (token.text === 'start' || token.text === 'end') && reader.isOperator('(', 1)) {
    reader.next()
    reader.next()
    reader.expectOperator(')', '@ modifier')
    return { kind: token.text }
  }
  const sign = reader.takeSign()
  const number = reader.peek()
  if (number.kind !== 'number' && number.kind !== 'duration') reader.failUnexpected('@', 'timestamp')
  reader.next()
  const ms = Math.round(sign * number.number * 1000)
  if (!Number.isFinite(ms) || Math.abs(ms) > Number.MAX_SAFE_INTEGER)
    throw reader.error(expr, `timestamp out of bounds for @ modifier: ${formatGo(sign * number.number)}`)
  return { kind: 'time', ms }
}

interface Shift {
  readonly word: Token
  readonly change: { offset: DurationExpr } | { at: AtModifier }
  readonly what: 'offset' | '@'
}

function shift(reader: TokenReader, expr: Expr, { word, change, what }: Shift): Expr {
  const target = expr.kind === 'matrix' ? expr.selector : expr
  if (target.kind !== 'selector' && target.kind !== 'subquery')
    throw reader.error(
      { start: expr.start, end: word.end },
      `${what} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
    )
  if ((what === 'offset' ? target.offset : target.at) !== null)
    throw reader.error(
      expr,
      what === 'offset' ? 'offset may not be set multiple times' : '@ <timestamp> may not be set multiple times',
    )
  const end = reader.lastEnd
  if (expr.kind === 'matrix') return { ...expr, selector: { ...expr.selector, ...change }, end }
  return { ...target, ...change, end }
}

function readExtension(reader: TokenReader, expr: Expr): Expr {
  const word = reader.next()
  const extension = word.text.toLowerCase() as 'anchored' | 'smoothed'
  const target = expr.kind === 'matrix' ? expr.selector : expr
  if (target.kind !== 'selector')
    throw reader.error(
      word,
      `${extension} modifier must be preceded by an instant vector selector or range vector selector`,
    )
  if (target.extension !== 'none')
    throw reader.error(
      word,
      target.extension === extension
        ? `${extension} modifier already set`
        : 'anchored and smoothed modifiers cannot be used together',
    )
  const end = reader.lastEnd
  if (expr.kind === 'matrix') return { ...expr, selector: { ...expr.selector, extension }, end }
  return { ...target, extension, end }
}
