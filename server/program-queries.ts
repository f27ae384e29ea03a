import type { Catalog } from './catalog/catalog.ts'
import { tenantPolicies } from './catalog/tenant-policy.ts'
import { MetricsQueries } from './query/metrics/metrics-queries.ts'
import type { Clock } from './runtime/clock.ts'
import type { Config } from './runtime/config/schema.ts'
import type { ColumnStore } from './store/engine/column-store.ts'

/**
 * Metric queries as configured. Samples stay in memory only where this process alone writes to the store: beside
 * others it would not be told of what they store.
 */
export function metricsQueries(
  store: ColumnStore,
  parts: { clock: Clock; config: Config; catalog: Catalog; isSoleWriter: boolean },
): MetricsQueries {
  const { clock, config, catalog, isSoleWriter } = parts
  const { promql, limits } = config
  const policy = tenantPolicies(catalog.directory, config)
  const { lookback: lookbackMs, defaultStep: defaultStepMs, maxSamples, experimental, delayedNameRemoval } = promql
  return new MetricsQueries({
    store,
    clock,
    settings: { lookbackMs, defaultStepMs, maxSamples, delayedNameRemoval },
    language: { experimental },
    maxSeries: limits.maxSeries,
    warmBytes: isSoleWriter ? promql.sampleMemory : 0,
    rawDays: (tenant) => policy(tenant).retentionDays.metrics,
  })
}
