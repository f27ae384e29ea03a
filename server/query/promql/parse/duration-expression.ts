import type { DurationExpr, DurationOperator } from '../ast.ts'
import type { Span } from './position.ts'
import type { TokenReader } from './token-reader.ts'

const precedence: Readonly<Record<string, number>> = { '+': 1, '-': 1, '*': 2, '/': 2, '%': 2, '^': 3 }

const choices: ReadonlyMap<string, DurationOperator> = new Map([
  ['min', 'min'],
  ['min_of', 'min'],
  ['max', 'max'],
  ['max_of', 'max'],
])

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
    left = combine(reader, { operator: token.text as DurationOperator, left, right })
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
    ? { kind: 'constant', seconds: -inner.seconds, ...span }
    : { kind: 'negate', inner, ...span }
}

function readOperand(reader: TokenReader, depth: number): DurationExpr {
  const token = reader.peek()
  if (depth > maxDepth) throw reader.error(token, `duration expression is nested deeper than ${maxDepth}`)
  if (token.kind === 'number' || token.kind === 'duration') {
    reader.next()
    if (!Number.isFinite(token.number)) throw reader.error(token, 'duration out of range')
    return { kind: 'constant', seconds: token.number, start: token.start, end: token.end }
  }
  if (reader.takeOperator('(')) {
    const inner = readDurationExpression(reader, depth + 1)
    reader.expectOperator(')', 'duration expression')
    return { ...inner, start: token.start, end: reader.lastEnd }
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
    return { kind: lower, start: name.start, end: reader.lastEnd }
  }
  const operator = choices.get(lower)
  if (operator === undefined) throw reader.error(name, `unexpected identifier "${name.text}" in duration expression`)
  const left = readDurationExpression(reader, depth + 1)
  reader.expectOperator(',', 'duration expression')
  const right = readDurationExpression(reader, depth + 1)
  reader.expectOperator(')', 'duration expression')
  const made = combine(reader, { operator, left, right })
  return { ...made, start: name.start, end: reader.lastEnd }
}

interface Combination {
  readonly operator: DurationOperator
  readonly left: DurationExpr
  readonly right: DurationExpr
}

function combine(reader: TokenReader, { operator, left, right }: Combination): DurationExpr {
  const span = { start: left.start, end: right.end }
  if (right.kind === 'constant' && right.seconds === 0 && (operator === '/' || operator === '%'))
    throw reader.error(span, operator === '/' ? 'division by zero' : 'modulo by zero')
  if (left.kind !== 'constant' || right.kind !== 'constant') return { kind: 'combine', operator, left, right, ...span }
  return { kind: 'constant', seconds: applyDurationOperator(operator, left.seconds, right.seconds), ...span }
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
    case 'min':
      return Math.min(left, right)
    case 'max':
      return Math.max(left, right)
  }
}
