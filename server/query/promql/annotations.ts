import { type Expr, unwrapParens } from './ast.ts'
import { formatGo } from './format-value.ts'
import { placeOf, type Span } from './parse/position.ts'

/** Most annotations of one level that an answer carries; the rest is counted in a last line. */
const maxShown = 10

/** What was raised in the buckets of classic histograms to make their counts never fall. */
export interface RaisedBuckets {
  /** Upper bounds of the first and the last bucket that was raised. */
  readonly minBucket: number
  readonly maxBucket: number
  /** Most that was added to one. */
  readonly maxDiff: number
}

interface Raised extends RaisedBuckets {
  readonly fromMs: number
  readonly toMs: number
  readonly samples: number
}

interface Remark {
  readonly level: 'warning' | 'info'
  readonly span: Span | null
  raised: Raised | null
}

/** Remarks on an answer: warnings (it may not be what was meant) and infos (it was mended on the way). */
export class Annotations {
  private readonly query: string
  private readonly found = new Map<string, Remark>()

  constructor(query: string) {
    this.query = query
  }

  warn(text: string, span: Span | null): void {
    this.add('warning', text, span)
  }

  inform(text: string, span: Span | null): void {
    this.add('info', text, span)
  }

  /** An info that tells of all its occasions what was raised, and when. */
  informRaised(text: string, span: Span, at: { raised: RaisedBuckets; timeMs: number }): void {
    const remark = this.add('info', text, span)
    const { raised, timeMs } = at
    const before = remark.raised ?? { ...raised, fromMs: timeMs, toMs: timeMs, samples: 0 }
    remark.raised = {
      minBucket: Math.min(before.minBucket, raised.minBucket),
      maxBucket: Math.max(before.maxBucket, raised.maxBucket),
      maxDiff: Math.max(before.maxDiff, raised.maxDiff),
      fromMs: Math.min(before.fromMs, timeMs),
      toMs: Math.max(before.toMs, timeMs),
      samples: before.samples + 1,
    }
  }

  private add(level: 'warning' | 'info', text: string, span: Span | null): Remark {
    const message = `PromQL ${level}: ${text}`
    const known = this.found.get(message)
    if (known !== undefined) return known
    const remark: Remark = { level, span: span === null ? null : placeFor(span), raised: null }
    this.found.set(message, remark)
    return remark
  }

  /** Messages with their place in the query, `… (1:5)`; bounded. */
  shown(level: 'warning' | 'info'): string[] {
    const own = [...this.found].filter(([, remark]) => remark.level === level)
    const lines = own.slice(0, maxShown).map(([message, { span, raised }]) => {
      const text = raised === null ? message : `${message}, ${describeRaised(raised)}`
      if (span === null) return text
      const { line, column } = placeOf(this.query, span.start)
      return `${text} (${line}:${column})`
    })
    if (own.length > maxShown) lines.push(`${own.length - maxShown} more ${level} annotations omitted`)
    return lines
  }
}

/**
 * A remark on an argument means what stands in its parentheses. One on a subquery has the place 1:1 in Prometheus, which
 * has put its samples there by then; tools that compare answers want the same.
 */
function placeFor(span: Span | Expr): Span {
  if (!('kind' in span)) return span
  const inner = unwrapParens(span)
  return inner.kind === 'subquery' ? { start: 0, end: 0 } : inner
}

function describeRaised({ minBucket, maxBucket, maxDiff, samples, fromMs, toMs }: Raised): string {
  const [from, to] = [fromMs, toMs].map((ms) =>
    new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
  )
  return `from buckets ${formatGo(minBucket)} to ${formatGo(maxBucket)}, with a max diff of ${formatGo(Number(maxDiff.toPrecision(2)), 2)}, over ${samples} samples from ${from} to ${to}`
}

/** ` for metric name "x"`, or nothing where there is no name. */
export function forMetric(name: string): string {
  return name === '' ? '' : ` for metric name ${JSON.stringify(name)}`
}
