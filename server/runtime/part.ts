/** State of one part, as `/readyz` shows it. */
export interface PartHealth {
  readonly ready: boolean
  /** For people: what is wrong, since when, what is done about it. */
  readonly detail?: string
}

/** A part of the running program with a life of its own. `main.ts` starts them in order and stops them in reverse. */
export interface Part {
  readonly name: string
  /** Resolves when the part can do its work. */
  start(): Promise<void>
  /** Finishes what was begun, within a few seconds; never throws. */
  stop(): Promise<void>
  health(): PartHealth
}
