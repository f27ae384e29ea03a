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
interface Series {
  readonly labels: Labels
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
  readonly #indexes = new Map<string, number>()
  readonly #series: (Series | undefined)[] = []
  readonly #free: number[] = []

  constructor(spec: LogMetricSpec) {
    this.spec = spec
  }

  /** Number of the series with these values of the labels; longer ones are cut. */
  seriesOf(values: readonly string[]): number {
    const cut = values.map((value) => value.slice(0, pipelineBounds.labelLength))
    const key = cut.join('\u0000')
    const known = this.#indexes.get(key)
    if (known !== undefined) return known
    if (this.#indexes.size < pipelineBounds.seriesPerMetric)
      return this.#open(
        key,
        this.spec.labels.map((name, i): [string, string] => [name, cut[i]]),
      )
    return this.#indexes.get(overflowKey) ?? this.#open(overflowKey, [[overflowLabel, 'true']])
  }

  labelsOf(series: number): Labels {
    return this.#series[series]?.labels ?? []
  }

  add(index: number, value: number, nowMs: number): void {
    const series = this.#series[index]
    if (series === undefined) return
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
    for (const [key, index] of this.#indexes) {
      const series = this.#series[index]
      if (series === undefined || series.lastMs === 0) continue
      const isOver = nowMs - series.lastMs > idleMs
      if (isOver) {
        this.#indexes.delete(key)
        this.#series[index] = undefined
        this.#free.push(index)
      }
      const isFirst = !series.isReported && this.spec.kind !== 'gauge' && series.firstMs < nowMs
      if (isFirst) this.#report(samples, { ...series, ...zero(series) }, series.firstMs)
      this.#report(samples, isOver ? { ...series, ...marker(series) } : series, nowMs)
      series.isReported = true
    }
    return samples
  }

  #open(key: string, labels: Labels): number {
    const index = this.#free.pop() ?? this.#series.length
    const buckets = new Float64Array(this.spec.buckets.length + 1)
    const state = { value: 0, count: 0, buckets, firstMs: 0, lastMs: 0, isReported: false }
    this.#series[index] = { labels: labels.filter(([, value]) => value !== ''), ...state }
    this.#indexes.set(key, index)
    return index
  }

  #report(into: LogMetricSample[], { labels, value, count, buckets }: Series, timestampMs: number): void {
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

function zero({ buckets }: Series): Pick<Series, 'value' | 'count' | 'buckets'> {
  return { value: 0, count: 0, buckets: new Float64Array(buckets.length) }
}

function marker({ buckets }: Series): Pick<Series, 'value' | 'count' | 'buckets'> {
  return { value: Number.NaN, count: Number.NaN, buckets: new Float64Array(buckets.length).fill(Number.NaN) }
}
