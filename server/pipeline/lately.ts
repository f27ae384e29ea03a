/** How far back "lately" reaches, ms, and the steps in which what is older is let go of. */
export const latelyMs = 300_000
const stepMs = 10_000
const steps = latelyMs / stepMs

/** A sum over the last five minutes; up to ten seconds more, as it forgets by steps. */
export class Lately {
  readonly #sums = new Float64Array(steps + 1)
  /** Number of the newest step since the epoch. */
  #newest = 0

  add(value: number, nowMs: number): void {
    this.#forget(nowMs)
    this.#sums[this.#newest % this.#sums.length] += value
  }

  sum(nowMs: number): number {
    this.#forget(nowMs)
    return this.#sums.reduce((all, one) => all + one, 0)
  }

  /** The sums of the last 30 whole steps of ten seconds, oldest first. */
  course(nowMs: number): number[] {
    this.#forget(nowMs)
    return Array.from({ length: steps }, (_, at) => this.#sums[(this.#newest + 1 + at) % this.#sums.length])
  }

  #forget(nowMs: number): void {
    const step = Math.floor(nowMs / stepMs)
    // A clock that steps back adds to the newest step there is.
    for (let gone = Math.min(step - this.#newest, this.#sums.length); gone > 0; gone -= 1)
      this.#sums[(step - gone + 1) % this.#sums.length] = 0
    this.#newest = Math.max(this.#newest, step)
  }
}
