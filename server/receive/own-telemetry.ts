import { decodeNdjsonLogs } from '../decode/ndjson-logs.ts'
import { decodeOtlpTracesJson } from '../decode/otlp-traces-json.ts'
import type { Batch } from '../model/batch.ts'
import { systemTenant } from '../model/tenant.ts'
import type { OwnMetrics } from '../runtime/own-metrics.ts'
import type { Part } from '../runtime/part.ts'
import type { OwnSpan, Tracer } from '../runtime/tracer.ts'
import type { ReceiverContext } from './receiver.ts'
import { parseScrapeConfig } from './scrape/config/parse-config.ts'
import { ScrapeWriter } from './scrape/scrape-writer.ts'
import { judgeTarget } from './scrape/target.ts'

/** Public name of the receiver in batches and counts. */
const receiver = 'own_telemetry'

/** Log lines that wait for their batch; beyond it the oldest are left out and counted. */
const maxWaitingLines = 10_000

const metricsEveryMs = 15_000
const flushEveryMs = 1000

export interface OwnTelemetryParts {
  readonly context: ReceiverContext
  readonly metrics: OwnMetrics
  readonly tracer: Tracer
  readonly logs: OwnLogs
  readonly version: string
  /** `service.instance.id` and `instance` of the platform's own series: its address. */
  readonly instance: string
}

/** Collects the lines of the platform's own log until they are taken. */
export class OwnLogs {
  private lines: string[] = []
  droppedLines = 0

  /** One JSON line, as the logger writes it. */
  write(line: string): void {
    this.lines.push(line)
    if (this.lines.length <= maxWaitingLines) return
    this.lines.shift()
    this.droppedLines += 1
  }

  take(): string {
    const taken = this.lines.join('')
    this.lines = []
    return taken
  }
}

/**
 * Puts the platform's own metrics (every 15 s), logs and spans (every second) into the tenant `_system`, by the same
 * way as everybody's. Nothing on this way is traced or logged per batch, so that no loop arises. A full journal costs
 * own telemetry only.
 */
export class OwnTelemetry implements Part {
  readonly name = 'own-telemetry'
  readonly #parts: OwnTelemetryParts
  readonly #writer: ScrapeWriter
  readonly #stop = new AbortController()
  #cancels: (() => void)[] = []
  #fault = ''
  #losses = 0

  constructor(parts: OwnTelemetryParts) {
    this.#parts = parts
    this.#writer = createWriter(parts)
  }

  /** Batches that could not be stored. */
  get losses(): number {
    return this.#losses
  }

  async start(): Promise<void> {
    this.#repeat(flushEveryMs, () => this.#flush())
    this.#repeat(metricsEveryMs, () => this.#scrape())
  }

  async stop(): Promise<void> {
    for (const cancel of this.#cancels) cancel()
    this.#cancels = []
    this.#stop.abort()
    await this.#flush()
  }

  health() {
    return this.#fault === '' ? { ready: true } : { ready: true, detail: this.#fault }
  }

  #repeat(everyMs: number, work: () => Promise<void>): void {
    const index = this.#cancels.length
    const next = () => {
      this.#cancels[index] = this.#parts.context.clock.after(everyMs, () => void work().finally(() => next()))
    }
    if (!this.#stop.signal.aborted) next()
  }

  async #scrape(): Promise<void> {
    const { clock } = this.#parts.context
    const timestampMs = clock.nowMs()
    const body = new TextEncoder().encode(await this.#parts.metrics.exposition())
    const answer = { body, contentType: 'text/plain; version=0.0.4', receivedBytes: body.length }
    const durationMs = clock.nowMs() - timestampMs
    this.#fault = await this.#writer.write(answer, {
      timestampMs,
      durationMs,
      retryUntilMs: 0,
      signal: this.#stop.signal,
    })
  }

  async #flush(): Promise<void> {
    const lines = this.#parts.logs.take()
    const spans = this.#parts.tracer.take()
    const context = { tenant: systemTenant, receiver, receivedBytes: 0 }
    const { version, instance } = this.#parts
    if (lines !== '') await this.#append(() => decodeNdjsonLogs(withService(lines, version), context))
    if (spans.length > 0)
      await this.#append(() => decodeOtlpTracesJson(encodeSpans(spans, { version, instance }), context))
  }

  async #append(decode: () => Batch): Promise<void> {
    try {
      await this.#parts.context.sink.append(decode())
      this.#fault = ''
    } catch (error) {
      this.#losses += 1
      this.#fault = error instanceof Error ? error.message : String(error)
    }
  }
}

function createWriter({ context, instance }: OwnTelemetryParts): ScrapeWriter {
  const { configs } = parseScrapeConfig({
    scrape_configs: [{ job_name: 'sightline', static_configs: [{ targets: [instance] }] }],
  })
  const judged = judgeTarget({ __address__: instance }, configs[0])
  if (!('target' in judged)) throw new Error(`own telemetry: ${instance} is not an address`)
  return new ScrapeWriter(judged.target, { config: configs[0], context, tenant: systemTenant, receiver })
}

const pinoLevels: Readonly<Record<string, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

/** Adds service and level words to the logger's lines. */
function withService(lines: string, version: string): Uint8Array {
  const service = `"service.name":"sightline","service.version":${JSON.stringify(version)},`
  const worded = lines.replace(
    /^\{"level":(\d+),/gm,
    (_all, level: string) => `{${service}"level":"${pinoLevels[level] ?? level}",`,
  )
  return new TextEncoder().encode(worded)
}

function encodeSpans(spans: readonly OwnSpan[], resource: { version: string; instance: string }): Uint8Array {
  const attributes = {
    'service.name': 'sightline',
    'service.version': resource.version,
    'service.instance.id': resource.instance,
  }
  return new TextEncoder().encode(
    JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: attributesJson(attributes) },
          scopeSpans: [{ scope: { name: 'sightline' }, spans: spans.map(spanJson) }],
        },
      ],
    }),
  )
}

function spanJson(span: OwnSpan) {
  return {
    traceId: span.traceId.toString('hex'),
    spanId: span.spanId.toString('hex'),
    parentSpanId: span.parentSpanId?.toString('hex') ?? '',
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.startUnixNano),
    endTimeUnixNano: String(span.endUnixNano),
    status: span.error === null ? {} : { code: 2, message: span.error },
    attributes: attributesJson(span.attributes),
  }
}

function attributesJson(attributes: Readonly<Record<string, string | number | boolean>>) {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : typeof value === 'boolean'
          ? { boolValue: value }
          : Number.isInteger(value)
            ? { intValue: String(value) }
            : { doubleValue: value },
  }))
}
