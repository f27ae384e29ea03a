/** A piece of a PromQL text: enough to colour, complete and replace; whether it is PromQL the server says. */
export interface Token {
  readonly kind: 'word' | 'string' | 'number' | 'variable' | 'operator' | 'comment'
  readonly text: string
  readonly start: number
  readonly end: number
}

/** In this order; an open string reaches to the end of its line, one in backticks to the end of the text. */
const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
  ['comment', /#[^\n]*/y],
  ['string', /"(?:\\[^\n]|[^"\\\n])*"?|'(?:\\[^\n]|[^'\\\n])*'?|`[^`]*`?/y],
  ['variable', /\$(?:\w+|\{\w+\})/y],
  ['number', /(?:\d|\.\d)(?:[\w.]|(?<=[eE])[+-])*/y],
  ['word', /[A-Za-z_:][\w:]*/y],
  ['operator', /=~|!~|!=|==|<=|>=|[^\s]/y],
]

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    const token = /\s/.test(text[at]) ? null : tokenAt(text, at)
    if (token !== null) tokens.push(token)
    at = token?.end ?? at + 1
  }
  return tokens
}

function tokenAt(text: string, start: number): Token | null {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = start
    const found = pattern.exec(text)?.[0]
    if (found !== undefined && found !== '') return { kind, text: found, start, end: start + found.length }
  }
  return null
}

/** Words before a list of labels in parentheses. */
export const groupingWords: ReadonlySet<string> = new Set([
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
])

/** What an open bracket holds. */
export interface Frame {
  readonly kind: 'braces' | 'grouping' | 'range' | 'parens'
  /** Position of the bracket among the tokens. */
  readonly at: number
}

/** Calls back with each token and the bracket it stands in, innermost; a bracket itself stands in its outer one. */
export function walkTokens(
  tokens: readonly Token[],
  visit: (token: Token, index: number, frame: Frame | null) => void,
): readonly Frame[] {
  const open: Frame[] = []
  tokens.forEach((token, index) => {
    const isOperator = token.kind === 'operator'
    if (isOperator && (token.text === ')' || token.text === '}' || token.text === ']')) open.pop()
    visit(token, index, open.at(-1) ?? null)
    if (!isOperator) return
    if (token.text === '{') open.push({ kind: 'braces', at: index })
    else if (token.text === '[') open.push({ kind: 'range', at: index })
    else if (token.text === '(')
      open.push({ kind: groupingWords.has(tokens[index - 1]?.text.toLowerCase()) ? 'grouping' : 'parens', at: index })
  })
  return open
}

/** Words that stand where a metric may: outside of braces, groupings and ranges, and not called. */
export function operandsOf(tokens: readonly Token[]): Token[] {
  const found: Token[] = []
  walkTokens(tokens, (token, index, frame) => {
    if (token.kind !== 'word' || (frame !== null && frame.kind !== 'parens')) return
    if (groupingWords.has(token.text.toLowerCase())) return
    // Called, or an aggregation with its labels behind it.
    if (/^(\(|by|without)$/i.test(tokens[index + 1]?.text ?? '')) return
    found.push(token)
  })
  return found
}

/** Names of metrics in the text, in order; `isWord` tells the words of the language. */
export function metricNamesIn(text: string, isWord: (word: string) => boolean): string[] {
  const tokens = tokensOf(text)
  const names = operandsOf(tokens).flatMap((token) => (isWord(token.text.toLowerCase()) ? [] : [token.text]))
  tokens.forEach((token, index) => {
    if (token.text === '__name__' && tokens[index + 1]?.text === '=' && tokens[index + 2]?.kind === 'string')
      names.push(tokens[index + 2].text.slice(1, -1))
  })
  return [...new Set(names)]
}
