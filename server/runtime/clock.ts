/** The only source of time in the server; tests pass one that they turn by hand. */
export interface Clock {
  /** Unix milliseconds. */
  nowMs(): number
  /** Runs `task` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void
}

export const systemClock: Clock = {
  nowMs: Date.now,
  after(delayMs, task) {
    // What is due already is no mistake; Node warns of times below 0.
    const timer = setTimeout(task, Math.max(0, delayMs))
    return () => clearTimeout(timer)
  },
}
