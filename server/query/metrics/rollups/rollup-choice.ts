import type { TenantId } from '../../../model/tenant.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { readProgress } from '../../../store/derive/progress.ts'
import type { ColumnStore } from '../../../store/engine/column-store.ts'
import type { SelectRequest } from '../../promql/source.ts'

const dayMs = 86_400_000
const bucketMs = 300_000

/** Samples that a question reads at most where rollups would do, by an interval of 15 s. */
const defaultMostSamples = 40_000_000
const assumedIntervalMs = 15_000

/** What of a question is answered from rollups: samples up to a time. */
export interface RollupUse {
  readonly untilMs: number
  /** For the person who asked. */
  readonly reason: string
}

/** Decides where rollups answer instead of samples. */
export class RollupChoice {
  private readonly store: ColumnStore
  private readonly clock: Clock
  private readonly rawDays: (tenant: TenantId) => number
  private readonly mostSamples: number

  /** `mostSamples`: default `defaultMostSamples`. */
  constructor(parts: {
    store: ColumnStore
    clock: Clock
    rawDays: (tenant: TenantId) => number
    mostSamples?: number
  }) {
    this.mostSamples = parts.mostSamples ?? defaultMostSamples
    this.store = parts.store
    this.clock = parts.clock
    this.rawDays = parts.rawDays
  }

  /** Null where the samples themselves are there; else the time before which some may be gone. */
  goneBefore(tenant: TenantId, { startMs }: SelectRequest): number | null {
    const today = Math.floor(this.clock.nowMs() / dayMs)
    // Samples of a day go when it lies as many days back as they are kept.
    const goneMs = (today - this.rawDays(tenant) + 1) * dayMs
    return startMs < goneMs ? goneMs : null
  }

  /** For a selection of so many series; null: samples answer. Throws what the store throws. */
  async choose(tenant: TenantId, request: SelectRequest, series: number): Promise<RollupUse | null> {
    const { startMs, endMs, hints } = request
    const goneMs = this.goneBefore(tenant, request)
    const raw = (series * (endMs - Math.max(startMs, goneMs ?? startMs))) / assumedIntervalMs
    if (raw > this.mostSamples && hints.stepMs >= bucketMs && hints.rangeMs >= 2 * bucketMs) {
      const untilMs = Math.min(endMs, (await readProgress({ store: this.store }, 'rollup_5m')) ?? 0)
      if (untilMs > startMs)
        return {
          untilMs,
          reason: `drawn from 5-minute rollups up to ${iso(untilMs)}: about ${millions(raw)} million samples lie in the range`,
        }
    }
    if (goneMs === null) return null
    const days = this.rawDays(tenant)
    return {
      untilMs: Math.min(endMs, goneMs),
      reason: `drawn from 5-minute rollups up to ${iso(Math.min(endMs, goneMs))}: samples are kept for ${days} days`,
    }
  }
}

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z')
const millions = (count: number) => Math.round(count / 1e6)
