import type { Clock } from '../../../../runtime/clock.ts'
import type { HttpAnswer } from '../../http/http-client.ts'

/** How long the server may hold a question that has no new answer, s. */
const waitSeconds = 120

/** An answer that is not there so long after the server should have given it will not come, ms. */
const graceMs = 30_000

/** After a failure it is asked again after this time, ms. As Prometheus does. */
const retryMs = 15_000

interface QuerySettings {
  readonly clock: Clock
  /** At most one question in this time, ms. */
  readonly everyMs: number
  ask(waiting: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer>
  /** Called where the answer is a new one. */
  read(answer: unknown): void | Promise<void>
  failed(error: unknown): void
}

/**
 * Asks the same question again and again; the server answers when something has changed since the index of the answer
 * before. Source: Consul HTTP API, "Blocking queries", with its rules for an index that goes back.
 */
export class BlockingQuery {
  readonly #settings: QuerySettings
  readonly #stopped = new AbortController()
  readonly #running: Promise<void>
  #index = 0

  constructor(settings: QuerySettings) {
    this.#settings = settings
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('stopped'))
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, everyMs, failed } = this.#settings
    const { signal } = this.#stopped
    while (!signal.aborted) {
      const startMs = clock.nowMs()
      let pauseMs = retryMs
      try {
        await this.#round()
        pauseMs = startMs + everyMs - clock.nowMs()
      } catch (error) {
        if (signal.aborted) return
        failed(error)
      }
      await this.#pause(pauseMs)
    }
  }

  async #round(): Promise<void> {
    const late = new AbortController()
    const cancel = this.#settings.clock.after(waitSeconds * 1000 + graceMs, () => late.abort(new Error('no answer')))
    try {
      const waiting: Record<string, string> =
        this.#index === 0 ? {} : { index: String(this.#index), wait: `${waitSeconds}s` }
      const answer = await this.#settings.ask(waiting, AbortSignal.any([late.signal, this.#stopped.signal]))
      if (answer.status !== 200) throw new Error(`expected HTTP status 200, got ${answer.status}`)
      const index = Number(answer.headers['x-consul-index'] ?? 0)
      if (index !== 0 && index === this.#index) return
      await this.#settings.read(JSON.parse(new TextDecoder().decode(answer.body)))
      this.#index = index < this.#index || !(index > 0) ? 0 : index
    } catch (error) {
      this.#index = 0
      throw error
    } finally {
      cancel()
    }
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stopped
    if (ms <= 0 || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = this.#settings.clock.after(ms, end)
      signal.addEventListener('abort', end)
    })
  }
}
