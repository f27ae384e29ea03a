import type { AtModifier, DurationExpr, Expr, Matcher, VectorMatching } from '../../query/promql/ast.ts'
import { findFunction } from '../../query/promql/functions/registry.ts'
import { floatText } from './answer-json.ts'

/** The tree of a query in the shape of Prometheus' `parse_query`. Source: web/api/v1/translate_ast.go. */
export function syntaxTree(expr: Expr): Record<string, unknown> {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: floatText(expr.value) }
    case 'string':
      return { type: 'stringLiteral', val: expr.value }
    case 'paren':
      return { type: 'parenExpr', expr: syntaxTree(expr.inner) }
    case 'unary':
      return { type: 'unaryExpr', op: expr.operator, expr: syntaxTree(expr.inner) }
    case 'aggregate':
      return {
        type: 'aggregation',
        op: expr.operator,
        expr: syntaxTree(expr.inner),
        param: expr.parameter === null ? null : syntaxTree(expr.parameter),
        grouping: [...expr.grouping],
        without: expr.without,
      }
    case 'binary':
      return {
        type: 'binaryExpr',
        op: expr.operator,
        lhs: syntaxTree(expr.left),
        rhs: syntaxTree(expr.right),
        matching: expr.matching === null ? null : matchingTree(expr.matching),
        bool: expr.returnBool,
      }
    case 'call':
      return { type: 'call', func: functionTree(expr.name), args: expr.args.map(syntaxTree) }
    case 'selector':
      return {
        type: 'vectorSelector',
        name: expr.name ?? '',
        matchers: matcherTrees(expr.matchers),
        ...shiftTree(expr),
      }
    case 'matrix':
      return {
        type: 'matrixSelector',
        name: expr.selector.name ?? '',
        range: durationMs(expr.range),
        matchers: matcherTrees(expr.selector.matchers),
        ...shiftTree(expr.selector),
      }
    case 'subquery':
      return {
        type: 'subquery',
        expr: syntaxTree(expr.inner),
        range: durationMs(expr.range),
        step: expr.step === null ? 0 : durationMs(expr.step),
        ...shiftTree(expr),
      }
  }
}

function matchingTree(matching: VectorMatching) {
  const { cardinality, labels, on, include, fillLeft, fillRight } = matching
  return {
    card: cardinality,
    labels: [...labels],
    on,
    include: [...include],
    fillValues: { lhs: fillLeft, rhs: fillRight },
  }
}

function functionTree(name: string) {
  const found = findFunction(name)
  const variadic = found?.repeatsLast === true ? -1 : (found?.optional ?? 0)
  return { name, argTypes: [...(found?.args ?? [])], variadic, returnType: found?.returns ?? 'vector' }
}

function matcherTrees(matchers: readonly Matcher[]) {
  return matchers.map(({ name, operator, value }) => ({ name, value, type: operator }))
}

function shiftTree({ at, offset }: { at: AtModifier | null; offset: DurationExpr | null }) {
  return {
    offset: offset === null ? 0 : durationMs(offset),
    timestamp: at?.kind === 'time' ? at.ms : null,
    startOrEnd: at === null || at.kind === 'time' ? null : at.kind,
  }
}

/** 0 for what depends on the query's step or range. */
function durationMs(expr: DurationExpr): number {
  return expr.kind === 'constant' ? Math.round(expr.seconds * 1000) : 0
}
