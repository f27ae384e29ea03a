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

/** What a person needs to know of an aggregation. */
export interface Aggregation {
  /** Takes a parameter before the vector. */
  readonly hasParameter: boolean
  /** One sentence for completion and the reference. */
  readonly summary: string
}

const plain = (summary: string): Aggregation => ({ hasParameter: false, summary })
const withParameter = (summary: string): Aggregation => ({ hasParameter: true, summary })

/** Every aggregation, by its name in lower case. */
export const aggregations: Readonly<Record<string, Aggregation>> = {
  sum: plain('Sum of each group.'),
  avg: plain('Mean of each group.'),
  count: plain('Number of series in each group.'),
  min: plain('Least value of each group.'),
  max: plain('Greatest value of each group.'),
  group: plain('1 for each group: which groups there are.'),
  stddev: plain('Standard deviation of each group.'),
  stdvar: plain('Variance of each group.'),
  topk: withParameter('The k series with the greatest values of each group.'),
  bottomk: withParameter('The k series with the least values of each group.'),
  count_values: withParameter('How many series have each value; the value becomes the label that is named.'),
  quantile: withParameter('The quantile (0 to 1) over the series of each group.'),
  limitk: withParameter('Any k series of each group, always the same ones.'),
  limit_ratio: withParameter('About this share (−1 to 1) of the series of each group, always the same ones.'),
}

export const aggregators: ReadonlySet<string> = new Set(Object.keys(aggregations))

/** Aggregators that take a parameter before the vector. */
export const aggregatorsWithParameter: ReadonlySet<string> = new Set(
  [...aggregators].filter((name) => aggregations[name].hasParameter),
)

/** Words of the grammar beside aggregations, in lower case, each with a sentence for completion and the reference. */
export const keywordSummaries: Readonly<Record<string, string>> = {
  offset: 'Reads from so long before.',
  anchored: 'The range reaches to the samples nearest to its edges, without extrapolation.',
  smoothed: 'Values at the edges of the range are interpolated.',
  by: 'Groups by these labels only.',
  without: 'Groups by all labels but these.',
  on: 'Pairs series of both sides by these labels only.',
  ignoring: 'Pairs series of both sides by all labels but these.',
  group_left: 'Many series on the left share one on the right.',
  group_right: 'Many series on the right share one on the left.',
  fill: 'This value stands for a missing partner on either side.',
  fill_left: 'This value stands for a missing partner on the left.',
  fill_right: 'This value stands for a missing partner on the right.',
  bool: 'The comparison gives 0 or 1 and leaves no series out.',
  and: 'Series of the left that have a partner on the right.',
  or: 'Series of the left, and those of the right without a partner.',
  unless: 'Series of the left that have no partner on the right.',
  atan2: 'Arctangent of left by right, in radians.',
}

const keywords: ReadonlySet<string> = new Set(Object.keys(keywordSummaries))

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
