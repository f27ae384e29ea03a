import { groupingWords, tokensOf, walkTokens } from '../tokens.ts'

/** What may be typed at a place of a query. */
export type CompletionContext = {
  /** Offsets of what a choice replaces. */
  readonly start: number
  readonly end: number
  /** What of it stands before the caret. */
  readonly typed: string
} & (
  | { readonly kind: 'expression' | 'range' | 'grouping' | 'none' }
  /** Inside the braces of a selector: its text without the matcher at the caret. */
  | { readonly kind: 'label-name'; readonly selector: string }
  | { readonly kind: 'label-value'; readonly selector: string; readonly label: string; readonly isQuoted: boolean }
)

/** What stands at the caret. Cost: one pass over the text. */
export function completionContext(text: string, caret: number): CompletionContext {
  const tokens = tokensOf(text)
  const before = tokens.filter(({ start }) => start < caret)
  const open = walkTokens(before, () => {})
  const last = before.at(-1)
  const touched = last !== undefined && last.end >= caret ? last : undefined
  const isWord = touched?.kind === 'word' || touched?.kind === 'variable'
  const place = isWord
    ? { start: touched.start, end: touched.end, typed: text.slice(touched.start, caret) }
    : { start: caret, end: caret, typed: '' }
  if (touched?.kind === 'comment') return { kind: 'none', ...place }
  const frame = open.at(-1)
  if (frame?.kind === 'braces') return inBraces(text, caret, { brace: frame.at, place })
  if (touched?.kind === 'string') return { kind: 'none', ...place }
  if (touched?.kind === 'number')
    return { kind: frame?.kind === 'range' ? 'range' : 'none', ...rangeOf(touched, caret) }
  if (frame?.kind === 'range') return { kind: 'range', ...place }
  return { kind: frame?.kind === 'grouping' ? 'grouping' : 'expression', ...place }

  function rangeOf(token: { start: number; end: number }, at: number) {
    return { start: token.start, end: token.end, typed: text.slice(token.start, at) }
  }
}

interface Place {
  readonly brace: number
  readonly place: { readonly start: number; readonly end: number; readonly typed: string }
}

function inBraces(text: string, caret: number, { brace, place }: Place): CompletionContext {
  const tokens = tokensOf(text)
  const inside = tokens.slice(brace + 1).filter(({ start }) => start < caret)
  const at = inside.findLastIndex(({ text: one }) => one === ',') + 1
  const [label, operator, value] = inside.slice(at)
  const name = tokens[brace - 1]
  const isName = name?.kind === 'word' && name.end === tokens[brace].start && !groupingWords.has(name.text)
  const selector = selectorText(isName ? name.text : '', inside.slice(0, at))
  if (operator === undefined || !/^[=!][=~]?$/.test(operator.text)) return { kind: 'label-name', selector, ...place }
  if (value === undefined && caret >= operator.end)
    return { kind: 'label-value', label: label.text, selector, isQuoted: false, ...place }
  if (value?.kind !== 'string' || (value.end < caret && caret > value.end)) return { kind: 'none', ...place }
  const isClosed = value.text.length > 1 && value.text.endsWith(value.text[0])
  if (isClosed && caret >= value.end) return { kind: 'none', ...place }
  const start = value.start + 1
  const end = isClosed ? value.end - 1 : value.end
  return {
    ...{ kind: 'label-value', label: label.text, selector, isQuoted: true },
    ...{ start, end, typed: text.slice(start, caret) },
  }
}

/** The selector of the matchers that are complete: `hits_total{job="a"}`; empty where it would choose everything. */
function selectorText(name: string, tokens: readonly { readonly text: string }[]): string {
  const matchers = tokens
    .map(({ text }) => text)
    .join('')
    .replace(/,$/, '')
  if (name === '' && matchers === '') return ''
  return matchers === '' ? name : `${name}{${matchers}}`
}
