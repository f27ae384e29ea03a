import type {
  AtModifier,
  BinaryExpr,
  DurationCalculation,
  DurationExpr,
  Expr,
  Matcher,
  SubqueryExpr,
  VectorSelector,
} from './ast.ts'
import { formatValue } from './format-value.ts'
import { goQuote } from './go-quote.ts'
import { compareText } from './labels.ts'
import { formatDuration } from './parse/duration.ts'

/** Longest expression that stays on one line. Source: Prometheus' formatter. */
const maxLineLength = 100

/** The query as Prometheus' `format_query` writes it: one line where it fits, else indented by two spaces. */
export function formatQuery(expr: Expr): string {
  return pretty(expr, 0)
}

function pretty(expr: Expr, level: number): string {
  const indent = '  '.repeat(level)
  const line = exprText(expr)
  if (line.length <= maxLineLength) return indent + line
  switch (expr.kind) {
    case 'aggregate': {
      const parameter = expr.parameter === null ? '' : `${pretty(expr.parameter, level + 1)},\n`
      return `${indent}${aggregateHead(expr)}(\n${parameter}${pretty(expr.inner, level + 1)}\n${indent})`
    }
    case 'binary':
      return `${pretty(expr.left, level + 1)}\n${indent}${operatorText(expr)}\n${pretty(expr.right, level + 1)}`
    case 'call':
      return `${indent}${expr.name}(\n${expr.args.map((arg) => pretty(arg, level + 1)).join(',\n')}\n${indent})`
    case 'paren':
      return `${indent}(\n${pretty(expr.inner, level + 1)}\n${indent})`
    case 'unary':
      return `${indent}${expr.operator}${pretty(expr.inner, level).trimStart()}`
    case 'subquery':
      return `${pretty(expr.inner, level)}${subqueryText(expr)}`
    default:
      return indent + line
  }
}

/** The expression on one line. */
export function exprText(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return expr.isDuration ? formatDuration(expr.value * 1000) : formatValue(expr.value)
    case 'string':
      return goQuote(expr.value)
    case 'paren':
      return `(${exprText(expr.inner)})`
    case 'unary':
      return `${expr.operator}${exprText(expr.inner)}`
    case 'binary':
      return `${exprText(expr.left)} ${operatorText(expr)} ${exprText(expr.right)}`
    case 'aggregate': {
      const parameter = expr.parameter === null ? '' : `${exprText(expr.parameter)}, `
      return `${aggregateHead(expr)}(${parameter}${exprText(expr.inner)})`
    }
    case 'call':
      return `${expr.name}(${expr.args.map(exprText).join(', ')})`
    case 'selector':
      return `${selectorText(expr)}${extensionText(expr)}${shiftText(expr)}`
    case 'matrix':
      return `${selectorText(expr.selector)}[${durationText(expr.range)}]${extensionText(expr.selector)}${shiftText(expr.selector)}`
    case 'subquery':
      return `${exprText(expr.inner)}${subqueryText(expr)}`
  }
}

function aggregateHead(expr: Expr & { kind: 'aggregate' }): string {
  const names = expr.grouping.map(labelText).join(', ')
  if (expr.without) return `${expr.operator} without (${names}) `
  return expr.grouping.length > 0 ? `${expr.operator} by (${names}) ` : expr.operator
}

function operatorText({ operator, returnBool, matching }: BinaryExpr): string {
  let text = operator + (returnBool ? ' bool' : '')
  if (matching === null) return text
  const { cardinality, on, labels, include, fillLeft, fillRight } = matching
  const isGrouped = cardinality === 'many-to-one' || cardinality === 'one-to-many'
  if (labels.length > 0 || on || isGrouped) text += ` ${on ? 'on' : 'ignoring'} (${labels.map(labelText).join(', ')})`
  if (isGrouped)
    text += ` group_${cardinality === 'many-to-one' ? 'left' : 'right'} (${include.map(labelText).join(', ')})`
  if (fillLeft !== null && Object.is(fillLeft, fillRight)) return `${text} fill (${formatValue(fillLeft)})`
  if (fillLeft !== null) text += ` fill_left (${formatValue(fillLeft)})`
  if (fillRight !== null) text += ` fill_right (${formatValue(fillRight)})`
  return text
}

function extensionText({ extension }: VectorSelector): string {
  return extension === 'none' ? '' : ` ${extension}`
}

/** Matchers in order of their text, as Prometheus writes them. */
function selectorText({ name, matchers }: VectorSelector): string {
  const own = matchers
    .filter((one) => !(name !== null && one.name === '__name__' && one.value === name))
    .map(matcherText)
    .sort(compareText)
  const isQuoted = name !== null && !/^[A-Za-z_:][A-Za-z0-9_:]*$/.test(name)
  if (isQuoted) own.unshift(goQuote(name))
  const braces = own.length > 0 ? `{${own.join(',')}}` : ''
  return `${isQuoted ? '' : (name ?? '')}${braces}`
}

function matcherText({ name, operator, value }: Matcher): string {
  return `${labelText(name)}${operator}${goQuote(value)}`
}

function labelText(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : goQuote(name)
}

function subqueryText(expr: SubqueryExpr): string {
  const step = expr.step === null ? '' : durationText(expr.step)
  return `[${durationText(expr.range)}:${step}]${shiftText(expr)}`
}

function shiftText({ at, offset }: { at: AtModifier | null; offset: DurationExpr | null }): string {
  const atText = at === null ? '' : at.kind === 'time' ? ` @ ${(at.ms / 1000).toFixed(3)}` : ` @ ${at.kind}()`
  return `${atText}${offset === null ? '' : ` offset ${durationText(offset)}`}`
}

/** A duration by itself: numbers become durations; a calculation stays as it was written. */
function durationText(expr: DurationExpr): string {
  return expr.kind === 'constant' ? formatDuration(Math.round(expr.seconds * 1000)) : calculationText(expr)
}

function calculationText(expr: DurationExpr): string {
  if (expr.kind === 'constant') return expr.isDuration ? durationText(expr) : formatValue(expr.seconds)
  const text = bareText(expr)
  return expr.wrapped ? `(${text})` : text
}

function bareText(expr: DurationCalculation): string {
  switch (expr.kind) {
    case 'step':
    case 'range':
      return `${expr.kind}()`
    case 'sign':
      return `${expr.operator === '-' ? '-' : ''}${calculationText(expr.inner)}`
    case 'combine': {
      const [left, right] = [calculationText(expr.left), calculationText(expr.right)]
      const isFunction = expr.operator === 'min_of' || expr.operator === 'max_of'
      return isFunction ? `${expr.operator}(${left}, ${right})` : `${left} ${expr.operator} ${right}`
    }
  }
}
