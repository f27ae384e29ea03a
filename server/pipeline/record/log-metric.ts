import { pipelineBounds } from './bounds.ts'

/** A metric that is made of log lines. */
export interface LogMetricSpec {
  /** Name of the family: a counter's ends in `_total`. */
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Names of the labels; their values come with each observation, in this order. */
  readonly labels: readonly string[]
  /** Upper bounds of a histogram, ascending, without the last that holds all. */
  readonly buckets: readonly number[]
}

/** Label of the series that counts what has no series of its own. Source: OpenTelemetry's cardinality limit. */
const overflowLabel = 'overflow'

const overflowKey = '\u0000overflow'

type Labels = readonly (readonly [name: string, value: string])[]

/** One series while it is added up. */
export interface LogSeries {
  readonly labels: Labels
  /** Of its metric's series, unless it was forgotten. */
  readonly key: string
  /** Sum of a counter or histogram, value of a gauge. */
  value: number
  count: number
  /** Observations per bucket, the last is that which holds all. */
  readonly buckets: Float64Array
  firstMs: number
  /** Time of the last observation; 0: there was none yet. */
  lastMs: number
  isReported: boolean
}

/** One sample of a series, as it is stored. */
export interface LogMetricSample {
  readonly name: string
  readonly labels: Labels
  readonly value: number
  readonly timestampMs: number
}

/**
 * Adds up one metric. At most `seriesPerMetric` series; what would need more is counted in one more, so that totals
 * stay right. Series are made when a line is first seen, and count from when it is stored.
 */
export class LogMetric {
  readonly spec: LogMetricSpec
  readonly #series = new Map<string, LogSeries>()

  constructor(spec: LogMetricSpec) {
    this.spec = spec
  }

  /** The series with these values of the labels; longer ones are cut. */
  seriesOf(values: readonly string[]): LogSeries {
    const cut = values.map((value) => value.slice(0, pipelineBounds.labelLength))
    const key = cut.join('\u0000')
    const known = this.#series.get(key)
    if (known !== undefined) return known
    if (this.#series.size < pipelineBounds.seriesPerMetric) {
      const labels = this.spec.labels.map((name, i): [string, string] => [name, cut[i]])
      return this.#open(
        key,
        labels.filter(([, value]) => value !== ''),
      )
    }
    return this.#series.get(overflowKey) ?? this.#open(overflowKey, [[overflowLabel, 'true']])
  }

  /** Counts an observation in a series that `seriesOf` gave, be it long ago. */
  add(given: LogSeries, value: number, nowMs: number): void {
    // It may have been forgotten since.
    const series = this.#series.get(given.key) ?? this.#open(given.key, given.labels)
    if (series.lastMs === 0) series.firstMs = nowMs
    series.lastMs = nowMs
    series.count += 1
    if (this.spec.kind === 'gauge') series.value = value
    else series.value += value
    if (this.spec.kind !== 'histogram') return
    const { buckets } = this.spec
    let bucket = 0
    while (bucket < buckets.length && value > buckets[bucket]) bucket++
    series.buckets[bucket] += 1
  }

  /**
   * The samples of now; totals since the series began. A total that is reported for the first time has a 0 before it,
   * so that its first increase is seen. A series without observations for `idleMs` ends with a staleness marker (NaN)
   * and is forgotten.
   */
  collect(nowMs: number, idleMs: number): readonly LogMetricSample[] {
    const samples: LogMetricSample[] = []
    for (const [key, series] of this.#series) {
      // A series that no line was counted in yet goes too: its request may have been refused for good.
      const isOver = nowMs - Math.max(series.lastMs, series.firstMs) > idleMs
      if (isOver) this.#series.delete(key)
      if (series.lastMs === 0) continue
      const isFirst = !series.isReported && this.spec.kind !== 'gauge' && series.firstMs < nowMs
      if (isFirst) this.#report(samples, { ...series, ...zero(series) }, series.firstMs)
      this.#report(samples, isOver ? { ...series, ...marker(series) } : series, nowMs)
      series.isReported = true
    }
    return samples
  }

  #open(key: string, labels: Labels): LogSeries {
    const buckets = new Float64Array(this.spec.buckets.length + 1)
    const series = { key, labels, value: 0, count: 0, buckets, firstMs: 0, lastMs: 0, isReported: false }
    this.#series.set(key, series)
    return series
  }

  #report(into: LogMetricSample[], { labels, value, count, buckets }: LogSeries, timestampMs: number): void {
    const { name, kind } = this.spec
    if (kind !== 'histogram') {
      into.push({ name, labels, value, timestampMs })
      return
    }
    let sum = 0
    for (const [i, inBucket] of buckets.entries()) {
      sum += inBucket
      const le = i < this.spec.buckets.length ? String(this.spec.buckets[i]) : '+Inf'
      into.push({ name: `${name}_bucket`, labels: [...labels, ['le', le]], value: sum, timestampMs })
    }
    into.push({ name: `${name}_sum`, labels, value, timestampMs })
    into.push({ name: `${name}_count`, labels, value: count, timestampMs })
  }
}

function zero({ buckets }: LogSeries): Pick<LogSeries, 'value' | 'count' | 'buckets'> {
  return { value: 0, count: 0, buckets: new Float64Array(buckets.length) }
}

function marker({ buckets }: LogSeries): Pick<LogSeries, 'value' | 'count' | 'buckets'> {
  return { value: Number.NaN, count: Number.NaN, buckets: new Float64Array(buckets.length).fill(Number.NaN) }
}
