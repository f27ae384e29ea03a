import { sendRemoteWrite } from '../end-to-end/remote-write-request.ts'

export const kinds = ['logs', 'spans', 'samples'] as const
export type Kind = (typeof kinds)[number]

/** Rows of one request. */
const rowsEach = 10
/** Senders of one kind at a time, so that commits are shared. */
const sendersEach = 2
/** Rest after a refusal or a lost connection, ms. */
const restMs = 20
const dayMs = 86_400_000

/** Name under which all rows are found: service, and name of the metric. */
export const crashName = 'crash'

/**
 * Sends numbered rows and remembers which were acknowledged. A number is sent once only: what was not acknowledged
 * may be stored or not, but whole requests of it.
 */
export class CrashLoad {
  readonly acked: Record<Kind, number[]> = { logs: [], spans: [], samples: [] }
  #next = 1
  #lastSampleMs = 0

  /** Sends without rest until the signal; never rejects. */
  async run(url: string, signal: AbortSignal): Promise<void> {
    const senders = kinds.flatMap((kind) => Array.from({ length: sendersEach }, () => this.#sendAll(kind, url, signal)))
    await Promise.all(senders)
  }

  async #sendAll(kind: Kind, url: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const numbers = Array.from({ length: rowsEach }, () => this.#next++)
      const isAcked = await this.#send(kind, url, numbers).catch(() => false)
      if (isAcked) this.acked[kind].push(...numbers)
      else await new Promise((resolve) => setTimeout(resolve, restMs))
    }
  }

  async #send(kind: Kind, url: string, numbers: readonly number[]): Promise<boolean> {
    if (kind === 'samples') {
      const samples = numbers.map((number) => [this.#sampleMs(number), number] as const)
      return (await sendRemoteWrite(url, [{ labels: { __name__: crashName, job: crashName }, samples }])).ok
    }
    const body = kind === 'logs' ? logsOf(numbers) : spansOf(numbers)
    const headers = { 'content-type': 'application/json' }
    const path = kind === 'logs' ? '/v1/logs' : '/v1/traces'
    return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).ok
  }

  /** No time comes twice, so that no sample is another's repetition. */
  #sampleMs(number: number): number {
    this.#lastSampleMs = Math.max(this.#lastSampleMs + 1, Date.now())
    return this.#lastSampleMs - (number % 3) * dayMs
  }
}

const resource = { attributes: [{ key: 'service.name', value: { stringValue: crashName } }] }

/** Rows of three days: one insert makes several parts. */
function nanoOf(number: number): string {
  return `${Date.now() - (number % 3) * dayMs}000000`
}

function logsOf(numbers: readonly number[]) {
  const logRecords = numbers.map((number) => ({ timeUnixNano: nanoOf(number), body: { stringValue: `${number}` } }))
  return { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }
}

function spansOf(numbers: readonly number[]) {
  const spans = numbers.map((number) => {
    const time = nanoOf(number)
    const id = number.toString(16)
    const ids = { traceId: id.padStart(32, 'a'), spanId: id.padStart(16, 'b') }
    return { ...ids, name: `${number}`, kind: 2, startTimeUnixNano: time, endTimeUnixNano: time }
  })
  return { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }
}
