import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** One value of a gauge or counter that is read when somebody asks. */
export interface LabelledValue {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export type Observe = (seconds: number, labels?: Readonly<Record<string, string>>) => void

/** prom-client wants label names beforehand; owners say them only with values, so every name in use is listed. */
const ownLabelNames = ['tenant', 'signal', 'receiver', 'reason', 'table', 'part', 'state', 'kind', 'job']

/**
 * The platform's own metrics, in Prometheus exposition at `/metrics` and scraped into the tenant `_system`.
 * Gauges and counters are read from their owners when asked, so that a part need not know that it is watched.
 * All names start with `sightline_`.
 */
export class OwnMetrics {
  private readonly registry = new Registry()

  constructor() {
    const delay = monitorEventLoopDelay({ resolution: 10 })
    delay.enable()
    this.gauge(
      'sightline_event_loop_lag_p99_seconds',
      'Delay of the event loop since the last read, 99th percentile',
      () => {
        const value = delay.percentile(99) / 1e9
        delay.reset()
        return Number.isFinite(value) ? value : 0
      },
    )
    this.gauge('sightline_process_resident_memory_bytes', 'Resident memory of the main process', () =>
      process.memoryUsage.rss(),
    )
    this.counter('sightline_process_cpu_seconds_total', 'CPU time of the main process, all threads', () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    })
  }

  gauge(name: string, help: string, read: () => number | readonly LabelledValue[]): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.registry],
      labelNames: ownLabelNames,
      collect() {
        gauge.reset()
        for (const { labels, value } of asValues(read())) gauge.set(labels, value)
      },
    })
  }

  /** A counter whose total its owner keeps; `read` must never fall. */
  counter(name: string, help: string, read: () => number | readonly LabelledValue[]): void {
    const counter: Counter = new Counter({
      name,
      help,
      registers: [this.registry],
      labelNames: ownLabelNames,
      collect() {
        counter.reset()
        for (const { labels, value } of asValues(read())) counter.inc(labels, value)
      },
    })
  }

  /** Returns the function that observes a duration in seconds. */
  durations(name: string, help: string, labelNames: readonly string[] = []): Observe {
    const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
    const histogram = new Histogram({ name, help, registers: [this.registry], labelNames, buckets })
    return (seconds, labels = {}) => histogram.observe(labels, seconds)
  }

  /** Returns the function that observes a count (rows of a batch, bytes of a block). */
  sizes(name: string, help: string): (size: number) => void {
    const buckets = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8]
    const histogram = new Histogram({ name, help, registers: [this.registry], buckets })
    return (size) => histogram.observe(size)
  }

  /** Prometheus text exposition 0.0.4 of everything. */
  exposition(): Promise<string> {
    return this.registry.metrics()
  }
}

function asValues(read: number | readonly LabelledValue[]): readonly LabelledValue[] {
  return typeof read === 'number' ? [{ labels: {}, value: read }] : read
}
