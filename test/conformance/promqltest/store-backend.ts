import { type NativeHistogram, staleHigh, staleLow } from '../../../server/model/metric.ts'
import { openMetricsFixture } from '../../../server/query/metrics/metrics-fixture-suite.ts'
import { MetricsIndex } from '../../../server/query/metrics/metrics-index.ts'
import { StoreSeriesSource } from '../../../server/query/metrics/store-series-source.ts'
import type { Buckets, FloatHistogram } from '../../../server/query/promql/histogram/float-histogram.ts'
import type { SelectRequest, SeriesSource } from '../../../server/query/promql/source.ts'
import { systemClock } from '../../../server/runtime/clock.ts'
import type { SampleRow } from '../../../server/store/load/batches-fixture-suite.ts'
import { testScope } from '../../../server/store/read/read-fixture-suite.ts'
import type { Backend } from './run-script.ts'

const staleBits = (BigInt(staleHigh) << 32n) | BigInt(staleLow)

/** The path of a running server: batches through journal, loader and engine, read by the evaluator's own source. */
export interface StoreBackend {
  /** A backend with no samples yet; each has a tenant of its own. */
  next(): Backend
  close(): Promise<void>
}

export async function openStoreBackend(): Promise<StoreBackend> {
  const fixture = await openMetricsFixture()
  const { store, reader } = fixture
  const index = new MetricsIndex({ store, reader, clock: systemClock })
  let tenant = 1
  const create = (): Backend => {
    let pending: Pending = { samples: new Map(), histograms: new Map() }
    tenant += 1
    const source = new CurrentSource()
    const open = () => {
      source.current = new StoreSeriesSource({
        index,
        reader,
        scope: testScope({ tenant }),
        warm: null,
        rollups: null,
        threads: null,
      })
    }
    open()
    return {
      source,
      isFast: false,
      add(labels, timeMs, value) {
        const named = Object.fromEntries(labels.pairs())
        const key = `${timeMs} ${labels.key}`
        if (value === 'stale') pending.samples.set(key, { labels: named, ms: timeMs, value: staleBits })
        else if (typeof value === 'number') pending.samples.set(key, { labels: named, ms: timeMs, value })
        else pending.histograms.set(key, { labels: named, histogram: wireHistogram(value, timeMs) })
      },
      async flush() {
        const { samples, histograms } = pending
        pending = { samples: new Map(), histograms: new Map() }
        await fixture.write(tenant, [...samples.values()], { histograms: [...histograms.values()] })
        index.refresh()
      },
      async clear() {
        tenant += 1
        open()
      },
    }
  }
  return { next: create, close: () => fixture.close() }
}

/** By time and labels: of two points that a script gives one series at one time, the later counts. */
interface Pending {
  samples: Map<string, SampleRow>
  histograms: Map<string, { labels: Readonly<Record<string, string>>; histogram: NativeHistogram }>
}

/** Follows the tenant that is current. */
class CurrentSource implements SeriesSource {
  current: SeriesSource | null = null
  select(request: SelectRequest) {
    return (this.current as SeriesSource).select(request)
  }
}

function wireHistogram(histogram: FloatHistogram, timestampMs: number): NativeHistogram {
  const hints = { unknown: 0, reset: 1, no_reset: 2, gauge: 3 } as const
  return {
    ref: 0,
    timestampMs,
    schema: histogram.schema,
    zeroThreshold: histogram.zeroThreshold,
    zeroCount: histogram.zeroCount,
    count: histogram.count,
    sum: histogram.sum,
    ...spansOf('positive', histogram.positive),
    ...spansOf('negative', histogram.negative),
    customBounds: histogram.customBounds,
    resetHint: hints[histogram.resetHint],
    isFloat: true,
    isDelta: false,
  } as NativeHistogram
}

function spansOf(sign: 'positive' | 'negative', { indexes, counts }: Buckets) {
  const spans: { offset: number; length: number }[] = []
  let next = 0
  for (const index of indexes) {
    const last = spans.at(-1)
    if (last !== undefined && index === next) last.length += 1
    else spans.push({ offset: index - next, length: 1 })
    next = index + 1
  }
  return { [`${sign}Spans`]: spans, [`${sign}Counts`]: counts }
}
