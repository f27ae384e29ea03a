import type { Clock } from '../../runtime/clock.ts'

/** Changes are handed on at most so often, ms. As Prometheus does. */
const updateEveryMs = 5000

/** Hands on changes: the first at once, further ones together. */
export class PacedUpdates {
  readonly #clock: Clock
  readonly #update: () => boolean
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #cancel: (() => void) | null = null
  #isStopped = false

  /** `update` tells whether there was something to hand on. */
  constructor(clock: Clock, update: () => boolean) {
    this.#clock = clock
    this.#update = update
  }

  request(): void {
    if (this.#isStopped || this.#cancel !== null) return
    const waitMs = this.#notBeforeMs - this.#clock.nowMs()
    if (waitMs <= 0) this.#run()
    else this.#cancel = this.#clock.after(waitMs, () => this.#run())
  }

  stop(): void {
    this.#cancel?.()
    this.#isStopped = true
  }

  #run(): void {
    this.#cancel = null
    if (this.#update()) this.#notBeforeMs = this.#clock.nowMs() + updateEveryMs
  }
}
