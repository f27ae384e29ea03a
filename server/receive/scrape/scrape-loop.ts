import type { ScrapeTargetState } from '../../model/origin/scrape-target.ts'
import type { Labels } from '../../model/series-table.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { ReceiverContext } from '../receiver.ts'
import type { ScrapeConfig } from './config/scrape-config.ts'
import type { HttpClient } from './http/http-client.ts'
import { fetchExposition } from './scrape-request.ts'
import { ScrapeWriter } from './scrape-writer.ts'
import { offsetOf, type Target } from './target.ts'

/** What the loops of one pool share. */
export interface LoopPool {
  readonly config: ScrapeConfig
  readonly client: HttpClient
  readonly context: ReceiverContext
  readonly tenant: TenantId
  readonly receiver: string
  /** Where set, every scrape of the pool fails with these words (target_limit). */
  fault: string | null
}

/** How far a timer may be off for a scrape to carry its planned time: even times take fewer bytes. Source: Prometheus 3. */
const maxTimerErrorMs = 2

/** Scrapes one target, over and over. */
export class ScrapeLoop {
  readonly target: Target
  readonly #pool: LoopPool
  readonly #writer: ScrapeWriter
  /** Of the target as it was discovered last; does not change what is scraped. */
  discoveredLabels: Labels
  #cancelTimer = (): void => {}
  #running: Promise<void> = Promise.resolve()
  readonly #stopped = new AbortController()
  #last = { error: '', startMs: 0, durationMs: 0 }

  constructor(target: Target, pool: LoopPool) {
    this.target = target
    this.#pool = pool
    this.discoveredLabels = target.discoveredLabels
    this.#writer = new ScrapeWriter(target, pool)
  }

  start(): void {
    this.#plan()
  }

  /** `isGone`: the target is no more, so its series are marked as gone. Not when only we stop. */
  async stop({ isGone }: { isGone: boolean }): Promise<void> {
    this.#stopped.abort(new Error('stopped'))
    this.#cancelTimer()
    await this.#running
    if (isGone) await this.#writer.writeEnd(this.#pool.context.clock.nowMs())
  }

  state(): ScrapeTargetState {
    const { labels, url, intervalMs, timeoutMs } = this.target
    const { error, startMs, durationMs } = this.#last
    return {
      pool: this.#pool.config.jobName,
      discoveredLabels: this.discoveredLabels,
      labels,
      url,
      health: startMs === 0 ? 'unknown' : error === '' ? 'up' : 'down',
      lastError: error,
      lastScrapeMs: startMs,
      lastScrapeDurationMs: durationMs,
      intervalMs,
      timeoutMs,
    }
  }

  /** The next time that is a whole number of intervals (and the target's offset) from 1970; missed ones are left out. */
  #plan(): void {
    const { clock } = this.#pool.context
    const { intervalMs } = this.target
    const offsetMs = offsetOf(this.target)
    const nowMs = clock.nowMs()
    const plannedMs = (Math.floor((nowMs - offsetMs) / intervalMs) + 1) * intervalMs + offsetMs
    this.#cancelTimer = clock.after(plannedMs - nowMs, () => {
      this.#running = this.#scrape(plannedMs).then(() => {
        if (!this.#stopped.signal.aborted) this.#plan()
      })
    })
  }

  /** Never throws. */
  async #scrape(plannedMs: number): Promise<void> {
    const { context, fault } = this.#pool
    const startMs = context.clock.nowMs()
    const tolerance = Math.min(maxTimerErrorMs, this.target.intervalMs / 100)
    const timestampMs = Math.abs(startMs - plannedMs) <= tolerance ? plannedMs : startMs
    const signal = this.#stopped.signal
    const answer = fault === null ? await fetchExposition(this.target, this.#pool, signal) : { error: fault }
    if (signal.aborted) return
    const durationMs = context.clock.nowMs() - startMs
    const error = await this.#writer.write(answer, {
      timestampMs,
      durationMs,
      retryUntilMs: plannedMs + this.target.intervalMs,
      signal,
    })
    this.#last = { error, startMs, durationMs }
  }
}
