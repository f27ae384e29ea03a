import { placeOf, type Span } from './parse/position.ts'

/** Most annotations of one level that an answer carries; the rest is counted in a last line. */
const maxShown = 10

/** Remarks on an answer: warnings (it may not be what was meant) and infos (it was mended on the way). */
export class Annotations {
  private readonly query: string
  private readonly found = new Map<string, { level: 'warning' | 'info'; span: Span | null }>()

  constructor(query: string) {
    this.query = query
  }

  warn(text: string, span: Span | null): void {
    this.add('warning', text, span)
  }

  inform(text: string, span: Span | null): void {
    this.add('info', text, span)
  }

  private add(level: 'warning' | 'info', text: string, span: Span | null): void {
    const message = `PromQL ${level}: ${text}`
    if (!this.found.has(message)) this.found.set(message, { level, span })
  }

  /** Messages with their place in the query, `… (1:5)`; bounded. */
  shown(level: 'warning' | 'info'): string[] {
    const own = [...this.found].filter(([, entry]) => entry.level === level)
    const lines = own.slice(0, maxShown).map(([message, { span }]) => {
      if (span === null) return message
      const { line, column } = placeOf(this.query, span.start)
      return `${message} (${line}:${column})`
    })
    if (own.length > maxShown) lines.push(`${own.length - maxShown} more ${level} annotations omitted`)
    return lines
  }

  /** Messages without places, all of them; for tests of languages. */
  messages(level: 'warning' | 'info'): string[] {
    return [...this.found].filter(([, entry]) => entry.level === level).map(([message]) => message)
  }
}

/** ` for metric name "x"`, or nothing where there is no name. */
export function forMetric(name: string): string {
  return name === '' ? '' : ` for metric name ${JSON.stringify(name)}`
}
