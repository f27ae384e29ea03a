import type { Clock } from '../../../../runtime/clock.ts'

/** Waits between tries: the first, and the longest, ms. */
const firstMs = 800
const longestMs = 30_000

/** Pauses that double from one to the next, each by chance between half and all of its length. */
export class Backoff {
  readonly #clock: Clock
  readonly #stopped: AbortSignal
  #nextMs = 0

  constructor(clock: Clock, stopped: AbortSignal) {
    this.#clock = clock
    this.#stopped = stopped
  }

  /** Things go well: the next pause is none, the one after it short. */
  reset(): void {
    this.#nextMs = 0
  }

  /** Ends early where all is stopped. */
  pause(): Promise<void> {
    const ms = this.#nextMs * (0.5 + Math.random() / 2)
    this.#nextMs = Math.min(longestMs, Math.max(firstMs, this.#nextMs * 2))
    if (ms === 0 || this.#stopped.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        this.#stopped.removeEventListener('abort', end)
        resolve()
      }
      const cancel = this.#clock.after(ms, end)
      this.#stopped.addEventListener('abort', end)
    })
  }
}
