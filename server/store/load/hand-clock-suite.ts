import type { Clock } from '../../runtime/clock.ts'

/** For tests: time that moves only by hand. */
export class HandClock implements Clock {
  #now: number
  #tasks: { atMs: number; task: () => void }[] = []

  constructor(nowMs: number) {
    this.#now = nowMs
  }

  nowMs(): number {
    return this.#now
  }

  after(delayMs: number, task: () => void): () => void {
    const entry = { atMs: this.#now + delayMs, task }
    this.#tasks.push(entry)
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry)
    }
  }

  /** Unix ms of the next task; Infinity where none waits. */
  get nextMs(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#tasks.map(({ atMs }) => atMs))
  }

  /** Moves time forward and runs what became due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = this.#tasks.filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.#tasks = this.#tasks.filter((other) => other !== due)
      this.#now = Math.max(this.#now, due.atMs)
      due.task()
    }
    this.#now = end
  }
}
