import { availableParallelism } from 'node:os'
import type { Catalog } from './catalog/catalog.ts'
import { tenantPolicies } from './catalog/tenant-policy.ts'
import { AssemblyThreads } from './query/metrics/assembly/assembly-threads.ts'
import { MetricsQueries } from './query/metrics/metrics-queries.ts'
import type { Clock } from './runtime/clock.ts'
import type { Config } from './runtime/config/schema.ts'
import type { Part } from './runtime/part.ts'
import type { ColumnStore } from './store/engine/column-store.ts'

/** Cores for each of which one more thread is worth it, and the most that are started unasked. */
const coresPerThread = 4
const maxAutoThreads = 4

/**
 * Metric queries as configured. Samples stay in memory only where this process alone writes to the store: beside
 * others it would not be told of what they store.
 */
export async function metricsQueries(
  store: ColumnStore,
  parts: {
    clock: Clock
    config: Config
    catalog: Catalog
    isSoleWriter: boolean
    /** Starts a part, and stops it with the program. */
    run: <P extends Part>(part: P) => Promise<P>
  },
): Promise<MetricsQueries> {
  const { clock, config, catalog, isSoleWriter } = parts
  const { promql, limits } = config
  const policy = tenantPolicies(catalog.directory, config)
  const { lookback: lookbackMs, defaultStep: defaultStepMs, maxSamples, experimental, delayedNameRemoval } = promql
  const wanted = promql.assemblyThreads
  const threads =
    wanted === 'auto' ? Math.min(maxAutoThreads, Math.floor(availableParallelism() / coresPerThread)) : wanted
  return new MetricsQueries({
    store,
    clock,
    settings: { lookbackMs, defaultStepMs, maxSamples, delayedNameRemoval },
    language: { experimental, unquotedNames: experimental ? 'utf8' : 'ascii' },
    maxSeries: limits.maxSeries,
    warmBytes: isSoleWriter ? promql.sampleMemory : 0,
    thinning: { mode: promql.thinInStore, isRemote: !isSoleWriter },
    ...(threads > 0 ? { threads: await parts.run(new AssemblyThreads(threads)) } : {}),
    rawDays: (tenant) => policy(tenant).retentionDays.metrics,
  })
}
