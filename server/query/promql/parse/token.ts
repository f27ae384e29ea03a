import { goQuote } from '../go-quote.ts'
import type { ParseError, Span } from './position.ts'

/** Kinds of tokens. A word is an identifier or a keyword: only its place tells which. A label is a word in braces. */
export type TokenKind = 'number' | 'duration' | 'string' | 'word' | 'label' | 'operator' | 'end' | 'fault'

export interface Token extends Span {
  readonly kind: TokenKind
  /** Source text; for strings the value without quotes and escapes. */
  readonly text: string
  /** Value of a number in itself, of a duration in seconds. */
  readonly number: number
  /** What is wrong where a `fault` stands in place of a token. */
  readonly fault?: ParseError
}

export const aggregators = new Set([
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
])

/** Aggregators that take a parameter before the vector. */
export const aggregatorsWithParameter = new Set([
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
])

const keywords = new Set([
  'offset',
  'anchored',
  'smoothed',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'fill',
  'fill_left',
  'fill_right',
  'bool',
  'and',
  'or',
  'unless',
  'atan2',
])

/** Words with a meaning in the grammar, lower case. */
export function isKeyword(word: string): boolean {
  const lower = word.toLowerCase()
  return keywords.has(lower) || aggregators.has(lower)
}

/** Words of the grammar that are no metric names either. */
const reserved = new Set(['bool', 'ignoring', 'on', 'group_left', 'group_right', 'atan2'])

export function isReserved(word: string): boolean {
  return reserved.has(word.toLowerCase())
}

const wordOperators = new Set(['and', 'or', 'unless', 'atan2'])
const plainOperators = new Set(['(', ')', '{', '}', '[', ']', ',', '=', ':'])

/** How an error names a token; `source` is its text in the query. Source: Prometheus' lexer, Item.desc. */
export function describeToken(token: Token, source: string): string {
  switch (token.kind) {
    case 'end':
    case 'fault':
      return 'end of input'
    case 'string':
      return `string ${goQuote(source)}`
    case 'number':
      return `number "${token.text}"`
    case 'duration':
      return `duration "${token.text}"`
    case 'label':
      return `identifier "${token.text}"`
    case 'word':
      return describeWord(token.text)
    case 'operator':
      return plainOperators.has(token.text) ? `"${token.text}"` : `<op:${token.text}>`
  }
}

function describeWord(text: string): string {
  const lower = text.toLowerCase()
  if (aggregators.has(lower)) return `<aggr:${lower}>`
  if (wordOperators.has(lower)) return `<op:${lower}>`
  if (lower === 'start' || lower === 'end' || lower === 'step' || lower === 'range') return `"${lower}"`
  if (keywords.has(lower)) return `<${lower}>`
  return `${text.includes(':') ? 'metric identifier' : 'identifier'} "${text}"`
}
