import { tokenize, type UnquotedNames } from './lexer.ts'
import { ParseError, type Span } from './position.ts'
import { describeToken, type Token } from './token.ts'

/** Walks over the tokens of one query. */
export class TokenReader {
  readonly query: string
  private readonly tokens: readonly Token[]
  private index = 0

  constructor(query: string, unquotedNames?: UnquotedNames) {
    this.query = query
    this.tokens = tokenize(query, unquotedNames)
  }

  /** A place where the text could not be cut into tokens fails when it is reached, not before. */
  peek(ahead = 0): Token {
    const token = this.tokens[Math.min(this.index + ahead, this.tokens.length - 1)]
    if (token.fault !== undefined && ahead === 0) throw token.fault
    return token
  }

  next(): Token {
    const token = this.peek()
    this.index += 1
    return token
  }

  /** End of the token read last. */
  get lastEnd(): number {
    return this.index === 0 ? 0 : this.tokens[Math.min(this.index, this.tokens.length) - 1].end
  }

  isOperator(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'operator' && token.text === text
  }

  isWord(lower: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'word' && token.text.toLowerCase() === lower
  }

  /** Reads the operator if it is next. */
  takeOperator(text: string): boolean {
    if (!this.isOperator(text)) return false
    this.index += 1
    return true
  }

  /** Reads a sign if one is next: 1 or -1. */
  takeSign(): 1 | -1 {
    if (this.takeOperator('-')) return -1
    this.takeOperator('+')
    return 1
  }

  takeWord(lower: string): boolean {
    if (!this.isWord(lower)) return false
    this.index += 1
    return true
  }

  expectOperator(text: string, context: string): Token {
    if (!this.isOperator(text)) this.failUnexpected(context, `"${text}"`)
    return this.next()
  }

  failUnexpected(context: string, expected?: string): never {
    const wanted = expected === undefined ? '' : `, expected ${expected}`
    throw this.error(
      this.peek(),
      `unexpected ${this.described(this.peek())}${context === '' ? '' : ` in ${context}`}${wanted}`,
    )
  }

  private described(token: Token): string {
    return describeToken(token, this.query.slice(token.start, token.end))
  }

  error(span: Span, detail: string): ParseError {
    return new ParseError(this.query, span, detail)
  }
}
