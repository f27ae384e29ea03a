import type { MetricBatch } from '../../model/batch.ts'
import { type MetricMetadata, staleHigh, staleLow } from '../../model/metric.ts'
import type { SeriesTable, SeriesTables } from '../../model/series-table.ts'
import type { BatchSink } from '../../model/sink.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Part, PartHealth } from '../../runtime/part.ts'
import type { LogMetric, LogMetricSample } from '../record/log-metric.ts'
import type { UserPipelines } from './user-pipelines.ts'

/** How often metrics made of log lines are stored, ms. What was counted since is lost with the process. */
const reportEveryMs = 10_000

/** A series that no line was counted in for so long ends, ms. */
const idleMs = 300_000

/** Under which these samples are counted in the ledger. */
const logPipelineReceiver = 'log_pipeline'

export interface ReportMetricsOptions {
  readonly pipelines: Pick<UserPipelines, 'metrics'>
  readonly sink: BatchSink
  readonly tables: SeriesTables
  readonly clock: Clock
  readonly logger: Logger
}

/** Stores what metric stages have counted, as samples of the tenant like any other. */
export class ReportMetrics implements Part {
  readonly name = 'log-metrics'
  readonly #options: ReportMetricsOptions
  #cancel: () => void = () => {}
  #isStopped = false
  #trouble = ''

  constructor(options: ReportMetricsOptions) {
    this.#options = options
  }

  start(): Promise<void> {
    this.#later()
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await this.report()
  }

  health(): PartHealth {
    return this.#trouble === '' ? { ready: true } : { ready: true, detail: this.#trouble }
  }

  /** Stores the totals of now. Never throws: totals that could not be stored are stored with the next ones. */
  async report(): Promise<void> {
    const { pipelines, sink, tables, clock, logger } = this.#options
    const nowMs = clock.nowMs()
    this.#trouble = ''
    for (const [tenant, metrics] of pipelines.metrics()) {
      const samples = metrics.flatMap((metric) => metric.collect(nowMs, idleMs))
      if (samples.length === 0) continue
      try {
        await sink.append(batchOf(samples, { tenant, table: tables.of(tenant), metadata: metrics.map(metadataOf) }))
      } catch (error) {
        this.#trouble = `metrics of log lines wait to be stored: ${(error as Error).message}`
        logger.warn({ part: this.name, tenant }, this.#trouble)
      }
    }
  }

  #later(): void {
    this.#cancel = this.#options.clock.after(reportEveryMs, () => {
      void this.report().then(() => {
        if (!this.#isStopped) this.#later()
      })
    })
  }
}

function metadataOf({ spec }: LogMetric): MetricMetadata {
  const name = spec.kind === 'counter' ? spec.name.replace(/_total$/, '') : spec.name
  return { name, type: spec.kind, unit: '', help: spec.help }
}

function batchOf(
  samples: readonly LogMetricSample[],
  place: { tenant: TenantId; table: SeriesTable; metadata: readonly MetricMetadata[] },
): MetricBatch {
  const { tenant, table, metadata } = place
  const refs = samples.map(({ name, labels }) => table.intern(sorted([...labels, ['__name__', name]])))
  const kept = samples.filter((_, i) => refs[i] !== -1)
  const refused = samples.length - kept.length
  const value = Float64Array.from(kept, (sample) => sample.value)
  const words = new Uint32Array(value.buffer)
  for (const [i, sample] of kept.entries())
    if (Number.isNaN(sample.value)) {
      words[2 * i] = staleLow
      words[2 * i + 1] = staleHigh
    }
  const sample = `${refused} samples of log pipelines: the tenant has as many series as it may`
  return {
    ...{ signal: 'metrics', tenant, receiver: logPipelineReceiver, rowCount: kept.length, receivedBytes: 0 },
    decodeRejections: refused === 0 ? [] : [{ reason: 'cardinality_limit', count: refused, sample }],
    ...{ series: table, sampleCount: kept.length },
    ref: Uint32Array.from(refs.filter((ref) => ref !== -1)),
    timestampMs: Float64Array.from(kept, ({ timestampMs }) => timestampMs),
    ...{ value, isDelta: null, histograms: [], exemplars: [], metadata },
  }
}

function sorted(labels: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  return labels.toSorted(([a], [b]) => (a < b ? -1 : 1))
}
