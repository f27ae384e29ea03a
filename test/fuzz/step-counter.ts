import { Session } from 'node:inspector'

interface Coverage {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[]
  }[]
}

/**
 * Counts how often blocks of the server's code are run, by the engine's own coverage: the same input takes the same
 * number of steps on any machine, however busy. Counts only code that is loaded after it began. Work inside of the
 * engine (JSON, regular expressions, copies) is no step.
 */
export class StepCounter {
  readonly #session = new Session()

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Steps since the call before. */
  take(): number {
    let steps = 0
    this.#session.post('Profiler.takePreciseCoverage', (_error: Error | null, coverage: Coverage) => {
      for (const { url, functions } of coverage.result)
        if (url.includes('/server/')) for (const { ranges } of functions) for (const { count } of ranges) steps += count
    })
    return steps
  }
}
