import type { Span } from './position.ts'

/** Kinds of tokens. A word is an identifier or a keyword: only its place tells which. */
export type TokenKind = 'number' | 'duration' | 'string' | 'word' | 'operator' | 'end'

export interface Token extends Span {
  readonly kind: TokenKind
  /** Source text; for strings the value without quotes and escapes. */
  readonly text: string
  /** Value of a number in itself, of a duration in seconds. */
  readonly number: number
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

/** How an error names a token. */
export function describeToken(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'end of input'
    case 'string':
      return `string ${JSON.stringify(token.text)}`
    case 'number':
      return `number "${token.text}"`
    case 'duration':
      return `duration "${token.text}"`
    case 'word':
      return `${aggregators.has(token.text.toLowerCase()) ? 'aggregation' : isKeyword(token.text) ? 'keyword' : 'identifier'} "${token.text}"`
    case 'operator':
      return `"${token.text}"`
  }
}
