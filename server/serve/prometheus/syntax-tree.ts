import type {
  AtModifier,
  BinaryExpr,
  DurationExpr,
  Expr,
  Matcher,
  VectorMatching,
  VectorSelector,
} from '../../query/promql/ast.ts'
import { findFunction } from '../../query/promql/functions/registry.ts'
import { typeOf } from '../../query/promql/parse/type-check.ts'
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
        matching: hasMatching(expr) ? matchingTree(expr.matching) : null,
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
        ...extensionTree(expr),
      }
    case 'matrix':
      return {
        type: 'matrixSelector',
        name: expr.selector.name ?? '',
        range: durationMs(expr.range),
        rangeExpr: calculationTree(expr.range),
        matchers: matcherTrees(expr.selector.matchers),
        ...shiftTree(expr.selector),
        ...extensionTree(expr.selector),
      }
    case 'subquery':
      return {
        type: 'subquery',
        expr: syntaxTree(expr.inner),
        range: durationMs(expr.range),
        rangeExpr: calculationTree(expr.range),
        step: expr.step === null ? 0 : durationMs(expr.step),
        stepExpr: expr.step === null ? null : calculationTree(expr.step),
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
    offsetExpr: offset === null ? null : calculationTree(offset),
    timestamp: at?.kind === 'time' ? at.ms : null,
    startOrEnd: at === null || at.kind === 'time' ? null : at.kind,
  }
}

function extensionTree({ extension }: VectorSelector) {
  return { anchored: extension === 'anchored', smoothed: extension === 'smoothed' }
}

/** Between scalars nothing is matched. */
function hasMatching(expr: BinaryExpr): expr is BinaryExpr & { readonly matching: VectorMatching } {
  return expr.matching !== null && typeOf(expr.left) === 'vector' && typeOf(expr.right) === 'vector'
}

/** 0 for what is calculated. */
function durationMs(expr: DurationExpr): number {
  return expr.kind === 'constant' ? Math.round(expr.seconds * 1000) : 0
}

function calculationTree(expr: DurationExpr): Record<string, unknown> | null {
  return expr.kind === 'constant' ? null : durationTree(expr)
}

function durationTree(expr: DurationExpr): Record<string, unknown> {
  switch (expr.kind) {
    case 'constant':
      return { type: 'numberLiteral', val: floatText(expr.seconds), duration: expr.isDuration }
    case 'step':
    case 'range':
      return { type: 'durationExpr', op: expr.kind, lhs: null, rhs: null, wrapped: expr.wrapped }
    case 'sign':
      return {
        type: 'durationExpr',
        op: expr.operator,
        lhs: null,
        rhs: durationTree(expr.inner),
        wrapped: expr.wrapped,
      }
    case 'combine':
      return {
        type: 'durationExpr',
        op: expr.operator,
        lhs: durationTree(expr.left),
        rhs: durationTree(expr.right),
        wrapped: expr.wrapped,
      }
  }
}
