import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

/** A finished span of the platform itself. */
export interface OwnSpan {
  readonly traceId: Buffer
  readonly spanId: Buffer
  /** Null for a root. */
  readonly parentSpanId: Buffer | null
  readonly name: string
  /** OTLP SpanKind: 1 internal, 2 server, 3 client. */
  readonly kind: 1 | 2 | 3
  readonly startUnixNano: bigint
  readonly endUnixNano: bigint
  /** Null: unset or ok. */
  readonly error: string | null
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

export interface ActiveSpan {
  set(key: string, value: string | number | boolean): void
}

export interface OpenSpan extends ActiveSpan {
  fail(message: string): void
  end(): void
}

export interface SpanStart {
  readonly name: string
  readonly kind?: 1 | 2 | 3
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
}

/** Finished spans kept until they are taken; beyond it new ones are dropped and counted. */
const maxWaitingSpans = 10_000

interface Context {
  readonly traceId: Buffer
  readonly spanId: Buffer
}

/**
 * A thin tracer for the platform's own work. Spans wait in memory until `take` is called; nothing is sent from
 * here. Work that must not be traced (ingest of the tenant `_system`) simply runs outside of `trace`.
 * The OpenTelemetry SDK was measured at 0.8 s of start and 58 MB of memory: too much for a part that is always on.
 */
export class Tracer {
  private readonly contexts = new AsyncLocalStorage<Context>()
  private waiting: OwnSpan[] = []
  /** Monotonic clock anchored once: spans of one process never end before they start. */
  private readonly anchor = { unixNano: BigInt(Date.now()) * 1_000_000n, monotonic: process.hrtime.bigint() }
  droppedSpans = 0

  /** Runs `work` inside a span, a child of the span around it. An exception marks the span and is thrown on. */
  async trace<T>(start: SpanStart, work: (span: ActiveSpan) => Promise<T>): Promise<T> {
    const span = this.open(start)
    try {
      return await this.contexts.run(span.context, () => work(span))
    } catch (thrown) {
      span.fail(thrown instanceof Error ? thrown.message : String(thrown))
      throw thrown
    } finally {
      span.end()
    }
  }

  /** Runs `next` inside a span that the caller ends later; for frameworks that are told of the end by another call. */
  enter(start: SpanStart, next: () => void): OpenSpan {
    const span = this.open(start)
    this.contexts.run(span.context, next)
    return span
  }

  private open(start: SpanStart): OpenSpan & { readonly context: Context } {
    const parent = this.contexts.getStore()
    const context = { traceId: parent?.traceId ?? randomBytes(16), spanId: randomBytes(8) }
    const attributes: Record<string, string | number | boolean> = { ...start.attributes }
    const startUnixNano = this.now()
    let error: string | null = null
    return {
      context,
      set: (key, value) => {
        attributes[key] = value
      },
      fail: (message) => {
        error = message
      },
      end: () =>
        this.finish({
          ...context,
          parentSpanId: parent?.spanId ?? null,
          name: start.name,
          kind: start.kind ?? 1,
          startUnixNano,
          endUnixNano: this.now(),
          error,
          attributes,
        }),
    }
  }

  /** Hex ids of the span around the caller, for log lines. */
  current(): { traceId: string; spanId: string } | null {
    const context = this.contexts.getStore()
    return context === undefined
      ? null
      : { traceId: context.traceId.toString('hex'), spanId: context.spanId.toString('hex') }
  }

  /** Finished spans since the last call. */
  take(): readonly OwnSpan[] {
    const taken = this.waiting
    this.waiting = []
    return taken
  }

  private finish(span: OwnSpan): void {
    if (this.waiting.length < maxWaitingSpans) this.waiting.push(span)
    else this.droppedSpans += 1
  }

  private now(): bigint {
    return this.anchor.unixNano + (process.hrtime.bigint() - this.anchor.monotonic)
  }
}
