import { goQuote } from '../go-quote.ts'
import { maxDurationMs, readDuration } from './duration.ts'
import { numberOf, scanNumber } from './number.ts'
import { ParseError } from './position.ts'
import { readString } from './string-literal.ts'
import type { Token } from './token.ts'

const space = /\s/
/** Words as they may be written without quotes. */
interface WordPatterns {
  readonly start: RegExp
  /** In braces and brackets. */
  readonly nested: RegExp
  /** Elsewhere, where it may be the name of a metric. */
  readonly metric: RegExp
}

const asciiWords: WordPatterns = {
  start: /[A-Za-z_]/,
  nested: /[A-Za-z_][A-Za-z0-9_]*/y,
  metric: /[A-Za-z_:][A-Za-z0-9_:]*/y,
}

/** Letters of all scripts, and dots inside: `http.server.requests`. */
const utf8Words: WordPatterns = {
  start: /[\p{L}_]/u,
  nested: /[\p{L}_][\p{L}0-9_.]*/uy,
  metric: /[\p{L}_:][\p{L}0-9_:.]*/uy,
}

const operators = [
  '==',
  '!=',
  '=~',
  '!~',
  '<=',
  '>=',
  '</',
  '>/',
  '(',
  ')',
  '{',
  '}',
  '[',
  ']',
  ',',
  '=',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '@',
  ':',
]

/** Operators that stand inside braces. */
const bracesOperators = new Set(['=', '!=', '=~', '!~', ',', '{', '}'])

/** Longest query text, UTF-16 units. */
const maxQueryLength = 100_000

/** Which names need no quotes: Prometheus' usual ones, or those of its feature of unquoted UTF-8 names too. */
export type UnquotedNames = 'ascii' | 'utf8'

/**
 * Cuts a query into tokens; the last one is `end`, or `fault` where the text cannot be cut any further. Comments
 * (`# …`) are dropped. Throws: ParseError for a text that is too long.
 */
export function tokenize(query: string, unquotedNames: UnquotedNames = 'ascii'): readonly Token[] {
  if (query.length > maxQueryLength)
    throw new ParseError(query, { start: 0, end: 0 }, `query is longer than ${maxQueryLength} characters`)
  return new Lexer(query, unquotedNames === 'utf8' ? utf8Words : asciiWords).run()
}

class Lexer {
  private readonly query: string
  private readonly words: WordPatterns
  private readonly tokens: Token[] = []
  private at = 0
  /** Open brackets, innermost last: what a word or a colon means depends on them. */
  private readonly open: string[] = []
  private openBraces = 0
  private openSquares = 0

  constructor(query: string, words: WordPatterns) {
    this.query = query
    this.words = words
  }

  run(): readonly Token[] {
    try {
      for (this.skip(); this.at < this.query.length; this.skip()) this.one()
      this.requireClosed()
      this.push('end', '', 0)
    } catch (error) {
      if (!(error instanceof ParseError)) throw error
      this.tokens.push({ kind: 'fault', text: '', number: 0, start: this.at, end: this.at, fault: error })
    }
    return this.tokens
  }

  private requireClosed(): void {
    const unclosed = this.open.at(-1)
    if (unclosed === undefined) return
    const last = this.tokens.at(-1)
    if (last?.kind === 'operator' && last.text === '[') this.fail('unexpected end of input in duration expression')
    if (unclosed === '{') this.fail('unexpected end of input inside braces')
    // Of several open brackets a parenthesis is told first.
    this.fail(`unclosed left ${bracketNames[this.open.includes('(') ? '(' : unclosed]}`)
  }

  private skip(): void {
    for (; this.at < this.query.length; this.at += 1) {
      const char = this.query[this.at]
      if (char === '#') while (this.at < this.query.length && this.query[this.at] !== '\n') this.at += 1
      else if (!space.test(char)) return
    }
  }

  private one(): void {
    const { words } = this
    const char = this.query[this.at]
    const next = this.query[this.at + 1] ?? ''
    const isNested = this.openBraces > 0 || this.openSquares > 0
    if (char === '"' || char === "'" || char === '`') this.string()
    else if (/\d/.test(char) || (char === '.' && /\d/.test(next))) this.numberOrDuration()
    else if (words.start.test(String.fromCodePoint(this.query.codePointAt(this.at) ?? 0)))
      this.word(isNested ? words.nested : words.metric)
    // A metric name may begin with a colon, a colon inside [range:step] never does.
    else if (char === ':' && !isNested) this.word(words.metric)
    else this.operator()
  }

  private string(): void {
    const { value, end } = readString(this.query, this.at)
    this.push('string', value, 0, end)
  }

  private numberOrDuration(): void {
    const { kind, end } = scanNumber(this.query, this.at)
    const text = this.query.slice(this.at, end)
    if (kind === 'fault') this.fail(`bad number or duration syntax: ${goQuote(text)}`)
    if (kind === 'duration') {
      this.push('duration', text, this.durationSeconds(text), end)
      return
    }
    const value = numberOf(text)
    if (!Number.isFinite(value))
      this.fail(`error parsing number: strconv.ParseFloat: parsing ${goQuote(text)}: value out of range`)
    this.push('number', text, value, end)
  }

  private durationSeconds(text: string): number {
    const { length, ms } = readDuration(text)
    const unknown = /(?:hs|ds|ws|ys|ss)(?=\d|$)/.exec(text)
    if (unknown !== null) this.fail(`unknown unit ${goQuote(unknown[0])} in duration ${goQuote(text)}`)
    if (length < text.length) this.fail(`not a valid duration string: ${goQuote(text)}`)
    if (ms > maxDurationMs) this.fail('duration out of range')
    return ms / 1000
  }

  private word(pattern: RegExp): void {
    pattern.lastIndex = this.at
    const text = pattern.exec(this.query)?.[0] ?? ''
    const lower = text.toLowerCase()
    const inBraces = this.open.at(-1) === '{'
    const end = this.at + text.length
    if (!inBraces && lower === 'inf') this.push('number', text, Infinity, end)
    else if (!inBraces && lower === 'nan') this.push('number', text, Number.NaN, end)
    else this.push(inBraces ? 'label' : 'word', text, 0, end)
  }

  private operator(): void {
    const found = operators.find((one) => this.query.startsWith(one, this.at))
    // Regex matchers stand in braces only.
    if ((found === '=~' || found === '!~') && this.openBraces === 0)
      this.fail(`unexpected character after '${found[0]}': '~'`)
    const isForeign = this.open.at(-1) === '{' && found !== undefined && !bracesOperators.has(found)
    if (isForeign || (found === '}' && this.openBraces === 0)) this.fail(this.unexpected())
    const text = found ?? this.fail(this.unexpected())
    if (text === '(' || text === '{' || text === '[') {
      if (text === '{' && this.openBraces > 0) this.fail("unexpected left brace '{'")
      this.open.push(text)
      if (text === '{') this.openBraces += 1
      else if (text === '[') this.openSquares += 1
    } else if (text === ')' || text === '}' || text === ']') this.close(text)
    this.push('operator', text, 0, this.at + text.length)
  }

  private close(text: string): void {
    const wanted = { ')': '(', '}': '{', ']': '[' }[text]
    if (this.open.at(-1) !== wanted) {
      const top = this.open.at(-1)
      // The place of a parenthesis is behind it.
      if (text === ')') this.at += 1
      this.fail(
        top === undefined
          ? `unexpected right ${bracketNames[wanted as string]} '${text}'`
          : `unexpected "${text}", unclosed left ${bracketNames[top]}`,
      )
    }
    const closed = this.open.pop()
    if (closed === '{') this.openBraces -= 1
    else if (closed === '[') this.openSquares -= 1
  }

  private unexpected(): string {
    const char = String.fromCodePoint(this.query.codePointAt(this.at) ?? 0)
    const inside = this.open.at(-1)
    if (inside === '{') return `unexpected character inside braces: '${char}'`
    if (inside === '[') return `unexpected character inside brackets: '${char}'`
    if (char === '!') return `unexpected character after '!': '${this.query[this.at + 1] ?? ''}'`
    return `unexpected character: '${char}'`
  }

  private push(kind: Token['kind'], text: string, number: number, end = this.at): void {
    this.tokens.push({ kind, text, number, start: this.at, end })
    this.at = end
  }

  private fail(detail: string): never {
    throw new ParseError(this.query, { start: this.at, end: this.at + 1 }, detail)
  }
}

const bracketNames: Readonly<Record<string, string>> = { '(': 'parenthesis', '{': 'brace', '[': 'bracket' }
