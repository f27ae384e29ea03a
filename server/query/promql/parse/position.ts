/** A range of the query text, in UTF-16 units: [start, end). */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * The query text is not PromQL. `message` is what Prometheus would say; `toString` puts line and column before it,
 * both from 1, the column in bytes of UTF-8.
 */
export class ParseError extends Error {
  override readonly name = 'ParseError'
  readonly span: Span
  readonly line: number
  readonly column: number
  /** The text without its place. */
  readonly detail: string

  constructor(query: string, span: Span, detail: string) {
    const { line, column } = placeOf(query, span.start)
    super(`${line}:${column}: parse error: ${detail}`)
    this.span = span
    this.line = line
    this.column = column
    this.detail = detail
  }
}

/** Line and column (bytes) of an offset, both from 1. */
export function placeOf(query: string, offset: number): { line: number; column: number } {
  const before = query.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  return { line, column: new TextEncoder().encode(before.slice(lineStart)).length + 1 }
}
