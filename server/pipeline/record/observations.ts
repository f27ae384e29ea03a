import type { LogMetric, LogSeries } from './log-metric.ts'

/** Takes what stages count of lines. It counts only once the lines are stored: a sender's repetition counts once. */
export interface Observations {
  add(metric: LogMetric, series: LogSeries, value: number): void
}

export const noObservations: Observations = { add: () => {} }

/** Observations of one batch, in columns. */
export class BatchObservations implements Observations {
  readonly #metrics: LogMetric[] = []
  readonly #series: LogSeries[] = []
  readonly #values: number[] = []

  add(metric: LogMetric, series: LogSeries, value: number): void {
    this.#metrics.push(metric)
    this.#series.push(series)
    this.#values.push(value)
  }

  /** Adds all to their metrics, once the batch is durable. */
  commit(nowMs: number): void {
    for (let i = 0; i < this.#metrics.length; i++) this.#metrics[i].add(this.#series[i], this.#values[i], nowMs)
  }

  /** Calls `visit` with each observation in order. */
  forEach(visit: (metric: LogMetric, series: LogSeries, value: number) => void): void {
    for (let i = 0; i < this.#metrics.length; i++) visit(this.#metrics[i], this.#series[i], this.#values[i])
  }
}
