import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Part, PartHealth } from '../../runtime/part.ts'
import type { ColumnStore } from '../engine/column-store.ts'
import { StoreError } from '../engine/store-errors.ts'
import { compactSamples } from './compact-samples.ts'
import { countSpans } from './count-spans.ts'
import type { DeriveContext } from './progress.ts'
import { rollupSamples } from './rollup-samples.ts'

/** Time from the end of one round to the start of the next, ms. */
const pauseMs = 10_000

export interface DeriverOptions {
  readonly store: ColumnStore
  readonly clock: Clock
  readonly logger: Logger
  /** Unix ms up to which everything encoded is in the store (IngestWriter.settledThroughMs). */
  readonly settledThroughMs: () => number
  /** Days that rollups are kept. 365. */
  readonly rollupRetentionDays?: number
  /** Days that service edges and span metrics are kept. 90. */
  readonly spanRetentionDays?: number
}

/** What a job has done, for metrics. */
export interface JobStats {
  readonly job: string
  readonly runs: number
  readonly failures: number
  /** Minutes, hours or slots counted so far. */
  readonly periods: number
  readonly lastMs: number
  /** Words of the last failure; '' after a run that went well. */
  readonly fault: string
}

const jobs: readonly { readonly name: string; readonly run: (context: DeriveContext) => Promise<number> }[] = [
  { name: 'compact_samples', run: compactSamples },
  { name: 'count_spans', run: countSpans },
  { name: 'rollup_samples', run: rollupSamples },
]

/**
 * Runs the periodic jobs one after another: compaction of hot samples, service edges and span metrics, rollups. A job
 * that fails is tried again in the next round and holds up no other. One of these per store.
 */
export class Deriver implements Part {
  readonly name = 'deriver'
  readonly #options: DeriverOptions
  readonly #stats = new Map(jobs.map(({ name }) => [name, newStats(name)]))
  #stopping = new AbortController()
  #cancel: (() => void) | null = null
  #round: Promise<void> | null = null

  constructor(options: DeriverOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController()
    this.#schedule()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#cancel?.()
    this.#cancel = null
    await this.#round
  }

  health(): PartHealth {
    const failing = this.stats().filter(({ fault }) => fault !== '')
    if (failing.length === 0) return { ready: true }
    const detail = failing.map(({ job, fault }) => `${job} failed and is tried again: ${fault}`).join('; ')
    return { ready: true, detail }
  }

  stats(): readonly JobStats[] {
    return [...this.#stats.values()]
  }

  /** One round of all jobs, now. Never throws: what failed stands in `stats`. */
  runOnce(): Promise<void> {
    this.#round ??= this.#runJobs().finally(() => {
      this.#round = null
    })
    return this.#round
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.after(pauseMs, () => {
      void this.runOnce().then(() => {
        if (!this.#stopping.signal.aborted) this.#schedule()
      })
    })
  }

  async #runJobs(): Promise<void> {
    const { clock, logger, rollupRetentionDays = 365, settledThroughMs, spanRetentionDays = 90, store } = this.#options
    for (const { name, run } of jobs) {
      if (this.#stopping.signal.aborted) return
      const stats = this.#stats.get(name) ?? newStats(name)
      const nowMs = clock.nowMs()
      try {
        const around = { rollupRetentionDays, spanRetentionDays, signal: this.#stopping.signal }
        stats.periods += await run({ store, nowMs, settledThroughMs: settledThroughMs(), ...around })
        stats.fault = ''
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        stats.failures += 1
        stats.fault = error instanceof Error ? error.message : String(error)
        const isExpected = error instanceof StoreError && error.retryable
        logger[isExpected ? 'debug' : 'error']({ err: error, job: name }, 'deriver: a job failed, it is tried again')
      }
      stats.runs += 1
      stats.lastMs = clock.nowMs() - nowMs
    }
  }
}

function newStats(job: string) {
  return { job, runs: 0, failures: 0, periods: 0, lastMs: 0, fault: '' }
}
