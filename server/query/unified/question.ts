import type { LogRow } from '../../store/read/logs.ts'
import type { SpanRow } from '../../store/read/span-row.ts'
import type { Filter } from '../fields/filters.ts'
import type { Signal } from '../fields/named-field.ts'
import type { TimeRange, TimeRangeQuestion } from '../time/time-range.ts'

export type AggregationFunction =
  | 'percentile_50'
  | 'percentile_75'
  | 'percentile_90'
  | 'percentile_95'
  | 'percentile_99'
  | 'avg'
  | 'sum'
  | 'min'
  | 'max'
  | 'count'
  | 'count_distinct'
  | 'rate'

export interface Aggregation {
  /** Needed by all functions but `count` and `rate`. */
  readonly field?: string
  readonly function: AggregationFunction
}

/** One question about one signal. */
export interface UnifiedQuestion {
  readonly timeRange: TimeRangeQuestion
  readonly signal?: Signal
  /** Names of metrics; with them the signal is metrics. */
  readonly metrics?: readonly string[]
  /** All must hold. */
  readonly filters: readonly Filter[]
  /** None: the matching records themselves. */
  readonly aggregations: readonly Aggregation[]
  readonly groupBy: readonly string[]
  /** Length of a step, e.g. `1m`. */
  readonly interval?: string
  readonly limit: number
}

export interface UnifiedAggregation {
  /** `FIELD_FUNCTION`, or the function alone where it has no field. */
  readonly name: string
  readonly field: string
  readonly function: AggregationFunction
  readonly unit: string
}

export interface UnifiedRow {
  /** Unix seconds; with an interval only. */
  readonly stepStart?: number
  readonly group: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, number | null>>
  readonly count: number
}

/** Newest sample of one series. */
export interface SampleRecord {
  readonly metric: string
  readonly labels: Readonly<Record<string, string>>
  readonly timestampMs: number
  readonly value: number
}

export interface UnifiedAnswer {
  readonly signal: Signal
  readonly range: TimeRange
  readonly aggregations: readonly UnifiedAggregation[]
  readonly rows: readonly UnifiedRow[]
  readonly spans?: readonly SpanRow[]
  readonly logs?: readonly LogRow[]
  readonly samples?: readonly SampleRecord[]
  /** Rows (series, where metrics are listed) that passed the filters. */
  readonly matched: number
  readonly isTruncated: boolean
  readonly message?: string
}

/** A question whose names, range and step are settled. */
export interface SettledQuestion extends UnifiedQuestion {
  readonly settledSignal: Signal
  readonly range: TimeRange
  readonly rangeSeconds: number
  readonly stepSeconds?: number
}
