/** What the next increase is added to. `timestampMs` is that of the newest increase that went in. */
export interface DeltaState<T> {
  /** Of the series' ref, see SeriesTable: a ref may be given to another series. */
  generation: number
  total: T
  timestampMs: number
  touchedMs: number
}

/** Bounds of the memory that turning increases into totals takes. */
export interface DeltaBounds {
  /** Series with delta temporality remembered per tenant; rows of further ones are rejected as `cardinality_limit`. About 150 bytes each. */
  readonly maxSeries: number
  /**
   * A series without an increase for this long, ms, is forgotten. When it comes back its total starts from zero,
   * which a reader sees as an ordinary counter reset.
   */
  readonly expiryMs: number
}

export const defaultDeltaBounds: DeltaBounds = { maxSeries: 500_000, expiryMs: 3_600_000 }

/**
 * Totals by series ref, kept in the order in which they were last touched, so that the oldest expire first.
 * Lives in this process only: after a restart totals start from zero (a counter reset).
 */
export class DeltaStates<T> {
  readonly #bounds: DeltaBounds
  readonly #states = new Map<number, DeltaState<T>>()

  constructor(bounds: DeltaBounds) {
    this.#bounds = bounds
  }

  get(ref: number, generation: number): DeltaState<T> | undefined {
    const state = this.#states.get(ref)
    return state?.generation === generation ? state : undefined
  }

  /** False where the bound is reached and nothing has expired. */
  set(ref: number, state: DeltaState<T>): boolean {
    const isKnown = this.#states.delete(ref)
    if (!isKnown && this.#states.size >= this.#bounds.maxSeries) return false
    this.#states.set(ref, state)
    return true
  }

  /** Puts back what was there before a batch that could not be stored, unless a later batch has built on it. */
  restore(ref: number, after: DeltaState<T>, before: DeltaState<T> | undefined): void {
    if (this.#states.get(ref) !== after) return
    if (before === undefined) this.#states.delete(ref)
    else this.#states.set(ref, before)
  }

  /** Cost: one step per expired series and one more. */
  expire(nowMs: number): void {
    for (const [ref, { touchedMs }] of this.#states) {
      if (touchedMs > nowMs - this.#bounds.expiryMs) return
      this.#states.delete(ref)
    }
  }
}
