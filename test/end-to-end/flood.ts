import { WireWriter } from '../../bench/ingest/wire-writer.ts'
import { ApiClient } from './api-client.ts'
import { until } from './platform.ts'

/** Lines of one request; about 45 KiB in the journal. */
const linesEach = 300
/** Requests at a time. */
const atOnce = 8
/** Requests after which a flood that nobody refuses is given up. */
const maxRequests = 2000
const drainMs = 60_000
const service = 'flood'

/** Sends numbered log lines until the platform refuses some, and remembers which were acknowledged. */
export class Flood {
  readonly acked = new Set<string>()
  readonly #url: string
  readonly #name: string
  #next = 0

  /** `name` begins the text of each line. */
  constructor(url: string, name = 'line') {
    this.#url = url
    this.#name = name
  }

  /** Sends one request of new lines by a way that answers null for an acknowledgement, else the refusal. */
  async send<T>(way: (lines: readonly string[]) => Promise<T | null>): Promise<T | null> {
    const lines = Array.from({ length: linesEach }, () => `${this.#name} ${this.#next++} ${'x'.repeat(100)}`)
    const refusal = await way(lines)
    if (refusal === null) for (const line of lines) this.acked.add(line)
    return refusal
  }

  /** Sends, several requests at a time, until one is refused; the first refusal. */
  async untilRefused<T>(way: (lines: readonly string[]) => Promise<T | null>): Promise<T> {
    for (let sent = 0; sent < maxRequests; sent += atOnce) {
      const refusals = await Promise.all(Array.from({ length: atOnce }, () => this.send(way)))
      const first = refusals.find((one) => one !== null)
      if (first !== undefined && first !== null) return first
    }
    throw new Error(`nothing was refused in ${maxRequests} requests`)
  }

  /** Plain lines to `/api/logs`; a refusal is its answer. */
  readonly ndjson = async (lines: readonly string[]): Promise<Response | null> => {
    const time = new Date().toISOString()
    const body = lines.map((msg) => JSON.stringify({ time, service, msg })).join('\n')
    const headers = { 'content-type': 'application/x-ndjson' }
    const answer = await fetch(`${this.#url}/api/logs`, { method: 'POST', headers, body })
    return answer.ok ? null : answer
  }

  /** OTLP protobuf over HTTP to the listener of the API. */
  readonly otlp = async (lines: readonly string[]): Promise<Response | null> => {
    const headers = { 'content-type': 'application/x-protobuf' }
    const body = new Uint8Array(otlpLogs(lines))
    const answer = await fetch(`${this.#url}/v1/logs`, { method: 'POST', headers, body })
    return answer.ok ? null : answer
  }

  /** Waits until nothing waits for the store any more. */
  async untilDrained(): Promise<void> {
    const api = new ApiClient(this.#url)
    await until('the journal is drained', drainMs, async () => {
      const { entries, holds } = await api.health()
      if (!holds) throw new Error('the accounts do not hold')
      return entries.every(({ waiting }) => waiting === 0) ? true : null
    })
  }

  /** What the API tells of the lines: rows, different lines, and the sums of the accounts. */
  async told(): Promise<{ rows: number; different: number; received: number; stored: number }> {
    await this.untilDrained()
    const api = new ApiClient(this.#url)
    const { results } = await api.query({
      signal: 'logs',
      filters: [{ field: 'service_name', operator: 'eq', value: service }],
      aggregations: [{ function: 'count' }, { field: 'message', function: 'count_distinct' }],
    })
    const entries = (await api.health()).entries.filter(
      ({ signal, tenant }) => signal === 'logs' && tenant === 'default',
    )
    return {
      rows: results[0].values.count ?? 0,
      different: results[0].values.message_count_distinct ?? 0,
      received: entries.reduce((sum, one) => sum + one.received, 0),
      stored: entries.reduce((sum, one) => sum + one.stored, 0),
    }
  }
}

/** OTLP logs as protobuf, from opentelemetry-proto 1.x: resource_logs 1, scope_logs 2, log_records 2, time 1, body 5. */
export function otlpLogs(lines: readonly string[]): Buffer {
  const wire = new WireWriter()
  wire.nested(1, () => {
    wire.nested(1, () => wire.attribute(1, 'service.name', service))
    wire.nested(2, () => {
      for (const line of lines)
        wire.nested(2, () => {
          const at = wire.fixed64(1)
          wire.bytes.writeBigUInt64LE(BigInt(Date.now()) * 1_000_000n, at)
          wire.nested(5, () => wire.text(1, line))
        })
    })
  })
  return wire.finish()
}
