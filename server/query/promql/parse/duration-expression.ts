import type { DurationExpr, DurationOperator } from '../ast.ts'
import { maxDurationMs } from './duration.ts'
import type { Span } from './position.ts'
import type { Token } from './token.ts'
import type { TokenReader } from './token-reader.ts'

const precedence: Readonly<Record<string, number>> = { '+': 1, '-': 1, '*': 2, '/': 2, '%': 2, '^': 3 }

const choices: ReadonlyMap<string, DurationOperator> = new Map([
  ['min', 'min_of'],
  ['min_of', 'min_of'],
  ['max', 'max_of'],
  ['max_of', 'max_of'],
])

/** Longest duration, seconds. */
const maxSeconds = maxDurationMs / 1000

/** Deepest nesting of a duration expression. */
const maxDepth = 50

/**
 * Reads what stands in `[…]`: numbers are seconds, `5m` is 300, with `+ - * / % ^`, parentheses, `step()`, `range()`,
 * `min(a, b)`, `max(a, b)` (also spelled `min_of`, `max_of`).
 */
export function readDurationExpression(reader: TokenReader, depth = 0): DurationExpr {
  return readBinary(reader, { minimum: 1, depth })
}

/**
 * Reads what stands behind `offset`: one operand, with a sign; operators behind it belong to the query. Behind one in
 * parentheses they belong to the duration, as Prometheus' grammar has it, where a duration follows.
 */
export function readDurationOperand(reader: TokenReader): DurationExpr {
  const token = reader.peek()
  if (token.kind === 'end') failOffset(reader)
  if (token.kind === 'operator' && !['-', '+', '('].includes(token.text)) failOffset(reader)
  if (token.kind === 'word' && !(durationFunctions.has(token.text.toLowerCase()) && reader.isOperator('(', 1)))
    failOffset(reader)
  const operand = readSigned(reader, 0)
  return token.kind === 'operator' && token.text === '(' ? continued(reader, operand) : operand
}

function continued(reader: TokenReader, first: DurationExpr): DurationExpr {
  return beginsDuration(reader) ? readOperators(reader, first, { minimum: 1, depth: 0 }) : first
}

/** Whether an operator is next, and behind it the beginning of a duration. */
function beginsDuration(reader: TokenReader): boolean {
  const operator = reader.peek()
  if (operator.kind !== 'operator' || precedence[operator.text] === undefined) return false
  let ahead = 1
  while (['(', '-', '+'].some((text) => reader.isOperator(text, ahead))) ahead += 1
  const { kind, text } = reader.peek(ahead)
  return kind === 'number' || kind === 'duration' || (kind === 'word' && durationFunctions.has(text.toLowerCase()))
}

const durationFunctions = new Set(['step', 'range', 'min', 'max', 'min_of', 'max_of'])

function failOffset(reader: TokenReader): never {
  reader.failUnexpected('offset', 'number, duration, step(), or range()')
}

function readBinary(reader: TokenReader, at: { minimum: number; depth: number }): DurationExpr {
  return readOperators(reader, readUnary(reader, at.depth + 1), at)
}

function readOperators(reader: TokenReader, first: DurationExpr, at: { minimum: number; depth: number }): DurationExpr {
  let left = first
  for (;;) {
    const token = reader.peek()
    const level = token.kind === 'operator' ? (precedence[token.text] ?? 0) : 0
    if (level < at.minimum || level === 0) return left
    reader.next()
    // The power operator binds to the right.
    const right = readBinary(reader, { minimum: token.text === '^' ? level : level + 1, depth: at.depth + 1 })
    requireDivisor(reader, token, right)
    const operator = token.text as DurationOperator
    left = { kind: 'combine', operator, left, right, wrapped: false, start: left.start, end: right.end }
  }
}

function readUnary(reader: TokenReader, depth: number): DurationExpr {
  const sign = reader.peek()
  if (!reader.isOperator('-') && !reader.isOperator('+')) return readOperand(reader, depth)
  reader.next()
  // -2^2 is -(2^2): the sign binds looser than the power, tighter than the product.
  const inner = readBinary(reader, { minimum: 3, depth: depth + 1 })
  return sign.text === '+' ? inner : negate(inner, sign)
}

function readSigned(reader: TokenReader, depth: number): DurationExpr {
  const sign = reader.peek()
  if (!reader.isOperator('-') && !reader.isOperator('+')) return readOperand(reader, depth)
  reader.next()
  const inner = readOperand(reader, depth)
  return sign.text === '+' ? inner : negate(inner, sign)
}

function negate(inner: DurationExpr, sign: Span): DurationExpr {
  const span = { start: sign.start, end: inner.end }
  return inner.kind === 'constant'
    ? { ...inner, seconds: -inner.seconds, ...span }
    : { kind: 'sign', operator: '-', inner, wrapped: false, ...span }
}

function inParens(inner: DurationExpr, span: Span): DurationExpr {
  if (inner.kind !== 'constant') return { ...inner, wrapped: true, ...span }
  return { kind: 'sign', operator: '+', inner, wrapped: true, ...span }
}

function requireDivisor(reader: TokenReader, operator: Token, right: DurationExpr): void {
  if (right.kind !== 'constant' || right.seconds !== 0) return
  if (operator.text === '/') throw reader.error(operator, 'division by zero')
  if (operator.text === '%') throw reader.error(operator, 'modulo by zero')
}

function readOperand(reader: TokenReader, depth: number): DurationExpr {
  const token = reader.peek()
  if (depth > maxDepth) throw reader.error(token, `duration expression is nested deeper than ${maxDepth}`)
  if (token.kind === 'number' || token.kind === 'duration') {
    reader.next()
    if (!(token.number <= maxSeconds)) throw reader.error(token, 'duration out of range')
    const isDuration = token.kind === 'duration'
    return { kind: 'constant', seconds: token.number, isDuration, start: token.start, end: token.end }
  }
  if (reader.takeOperator('(')) {
    const inner = readDurationExpression(reader, depth + 1)
    reader.expectOperator(')', 'duration expression')
    return inParens(inner, { start: token.start, end: reader.lastEnd })
  }
  if (token.kind === 'word' && reader.isOperator('(', 1)) return readFunction(reader, depth)
  return reader.failUnexpected('duration expression', 'number, duration, step(), or range()')
}

function readFunction(reader: TokenReader, depth: number): DurationExpr {
  const name = reader.next()
  const lower = name.text.toLowerCase()
  reader.expectOperator('(', 'duration expression')
  if (lower === 'step' || lower === 'range') {
    reader.expectOperator(')', 'duration expression')
    return { kind: lower, wrapped: false, start: name.start, end: reader.lastEnd }
  }
  const operator = choices.get(lower)
  if (operator === undefined) throw reader.error(name, `unexpected identifier "${name.text}" in duration expression`)
  const left = readDurationExpression(reader, depth + 1)
  reader.expectOperator(',', 'duration expression')
  const right = readDurationExpression(reader, depth + 1)
  reader.expectOperator(')', 'duration expression')
  return { kind: 'combine', operator, left, right, wrapped: false, start: name.start, end: reader.lastEnd }
}

/** Seconds from seconds. */
export function applyDurationOperator(operator: DurationOperator, left: number, right: number): number {
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
      return left ** right
    case 'min_of':
      return Math.min(left, right)
    case 'max_of':
      return Math.max(left, right)
  }
}
