import type { DeriveContext } from './progress.ts'
import { deriveSettings } from './progress.ts'

/** Rows with `metric` (UInt64 in decimal) and `target` in these ranges, both ends included. */
export interface MetricSlice {
  readonly fromMetric: string
  readonly toMetric: string
  readonly fromTarget: number
  readonly toTarget: number
}

const maxTarget = 0xffffffff

/** Samples of one metric, hashes ascending. */
export interface MetricSize {
  readonly metric: string
  readonly samples: string | number
}

/**
 * Cuts metrics into ranges of about `sliceSamples` samples each, so that a statement's memory is bounded; a metric
 * larger than that is cut by target. The same sizes give the same slices.
 */
export function sliceMetrics(sizes: readonly MetricSize[], sliceSamples: number): MetricSlice[] {
  const slices: MetricSlice[] = []
  let from = ''
  let to = ''
  let held = 0
  const flush = () => {
    if (held > 0) slices.push({ fromMetric: from, toMetric: to, fromTarget: 0, toTarget: maxTarget })
    held = 0
  }
  for (const { metric, samples } of sizes) {
    const count = Number(samples)
    if (count > sliceSamples) {
      flush()
      slices.push(...sliceTargets(metric, Math.ceil(count / sliceSamples)))
      continue
    }
    if (held + count > sliceSamples) flush()
    if (held === 0) from = metric
    to = metric
    held += count
  }
  flush()
  return slices
}

/** Targets are hashes: equal ranges hold about equal shares. */
function sliceTargets(metric: string, pieces: number): MetricSlice[] {
  const step = Math.ceil((maxTarget + 1) / pieces)
  return Array.from({ length: pieces }, (_, piece) => ({
    fromMetric: metric,
    toMetric: metric,
    fromTarget: piece * step,
    toTarget: Math.min(maxTarget, (piece + 1) * step - 1),
  }))
}

/** Sizes by metric of what a query yields as (metric, samples). */
export async function metricSizes(
  context: DeriveContext,
  sql: string,
  params: Record<string, unknown>,
): Promise<readonly MetricSize[]> {
  const { rows } = await context.store.rows<MetricSize>(
    { sql: `SELECT metric, sum(held) AS samples FROM (${sql}) GROUP BY metric ORDER BY metric`, params },
    { settings: deriveSettings, signal: context.signal },
  )
  return rows
}

/** Parameters of the statements in the .sql files beside this one. */
export function sliceParams(slice: MetricSlice): Record<string, unknown> {
  return {
    from_metric: slice.fromMetric,
    to_metric: slice.toMetric,
    from_target: slice.fromTarget,
    to_target: slice.toTarget,
  }
}
