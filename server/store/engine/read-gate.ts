import { StoreUnavailable } from './store-errors.ts'

/** Bounds of the reads that one process sends to the store. */
export interface ReadBounds {
  /** Reads that run in the store at the same time. More only share the same cores and add up their memory. */
  readonly running: number
  /** Reads that wait for their turn, in order of arrival. Beyond it a read fails at once with StoreUnavailable. */
  readonly waiting: number
}

/** Lets `running` reads through at a time; the others wait in order. */
export class ReadGate {
  readonly #bounds: ReadBounds
  readonly #queue: (() => void)[] = []
  #running = 0

  constructor(bounds: ReadBounds) {
    this.#bounds = bounds
  }

  /**
   * Resolves with the function that gives the place back; call it once.
   * Throws StoreUnavailable when too many wait, `signal.reason` when aborted while waiting.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#running < this.#bounds.running) this.#running++
    else await this.#wait(signal)
    return () => this.#leave()
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#queue.length >= this.#bounds.waiting) {
      throw new StoreUnavailable(
        `Too many queries: ${this.#running} run and ${this.#queue.length} wait, the most allowed. Try again later.`,
      )
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#queue.splice(this.#queue.indexOf(enter), 1)
        reject(signal.reason)
      }
      const enter = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#queue.push(enter)
    })
  }

  /** Hands the place to the next in the queue, so that a newcomer cannot overtake. */
  #leave(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.#running--
    else next()
  }
}
