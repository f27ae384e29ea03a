import type { AttributesColumn, BytesColumn, DictionaryColumn } from './columns.ts'
import type { Exemplar, MetricMetadata, NativeHistogram } from './metric.ts'
import type { RowSource } from './origin/row-source.ts'
import type { InstrumentationScope, Resource } from './resource.ts'
import type { SeriesTable } from './series-table.ts'
import type { TenantId } from './tenant.ts'

/** Why a received row was not stored. Shown to people as it is; part of the API. */
export type RejectReason =
  | 'malformed'
  | 'too_old'
  | 'too_new'
  | 'label_too_long'
  | 'too_many_labels'
  | 'duplicate_label'
  | 'invalid_name'
  | 'attribute_too_long'
  | 'too_many_attributes'
  | 'body_too_long'
  | 'cardinality_limit'
  | 'rate_limit'
  | 'overloaded'
  | 'out_of_order'
  | 'unsupported'
  | ChosenReason

/**
 * Reasons for which rows are left out though nothing is wrong with them: a user's pipeline says so, or their text is in
 * the record before them (a stack trace put together). Counted as rejected, but as accepted towards the sender.
 */
export type ChosenReason = 'dropped_by_pipeline' | 'sampled' | 'routed_to_tenant' | 'joined_to_record'

/** Rows rejected for one reason: how many, and the first of them in words for the sender (at most 256 characters). */
export interface Rejection {
  readonly reason: RejectReason
  readonly count: number
  /** e.g. `logs[17]: time 1969-12-31T23:59:59Z is before the 30 days that are kept`. Never holds a secret or a whole body. */
  readonly sample: string
}

interface BatchCommon {
  readonly tenant: TenantId
  /** Public name of the receiver that took it, e.g. `otlp_http`, `prometheus_remote_write`. */
  readonly receiver: string
  /** Rows in the columns. Rows the decoder already had to reject are not among them. */
  readonly rowCount: number
  /** Rows that the decoder rejected (they are counted as received too). */
  readonly decodeRejections: readonly Rejection[]
  /** Bytes as received before decompression, for quotas and bytes-per-record figures. */
  readonly receivedBytes: number
  /** Who sent it; absent where that is not known. */
  readonly source?: RowSource | undefined
}

/** Log records of one request, as columns of `rowCount` rows. Source: OTLP logs.proto. */
export interface LogBatch extends BatchCommon {
  readonly signal: 'logs'
  readonly resources: readonly Resource[]
  /** Row → index into `resources`. */
  readonly resource: Uint32Array
  readonly scopes: readonly InstrumentationScope[]
  /** Row → index into `scopes`. */
  readonly scope: Uint32Array
  /** 64-bit pairs, Unix nanoseconds. 0 where the sender gave none (the pipeline falls back to observed, then to now). */
  readonly timeUnixNano: Uint32Array
  readonly observedUnixNano: Uint32Array
  /** OTLP severity number 0-24. */
  readonly severityNumber: Uint8Array
  readonly severityText: DictionaryColumn
  /** Strings byte for byte as received; other values in the text form of AttributesColumn, with their letter in `bodyType`. */
  readonly body: BytesColumn
  /** AttributeType letter as a character code, one per row. */
  readonly bodyType: Uint8Array
  readonly attributes: AttributesColumn
  readonly droppedAttributesCount: Uint32Array
  /** 16 bytes a row, zero where absent. */
  readonly traceId: Uint8Array
  /** 8 bytes a row, zero where absent. */
  readonly spanId: Uint8Array
  readonly flags: Uint32Array
  readonly eventName: DictionaryColumn
  /** Days that these rows are kept where a user's pipeline chose a retention class; absent: the tenant's. 1 to 65535. */
  readonly retentionDays?: number
}

/** Span events; entries of span i are `[offsets[i], offsets[i + 1])`. */
export interface SpanEvents {
  readonly offsets: Uint32Array
  readonly timeUnixNano: Uint32Array
  readonly name: DictionaryColumn
  readonly attributes: AttributesColumn
  readonly droppedAttributesCount: Uint32Array
}

/** Span links; entries of span i are `[offsets[i], offsets[i + 1])`. */
export interface SpanLinks {
  readonly offsets: Uint32Array
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly traceState: DictionaryColumn
  readonly flags: Uint32Array
  readonly attributes: AttributesColumn
  readonly droppedAttributesCount: Uint32Array
}

/** Spans of one request, as columns of `rowCount` rows. Source: OTLP trace.proto. */
export interface SpanBatch extends BatchCommon {
  readonly signal: 'traces'
  readonly resources: readonly Resource[]
  readonly resource: Uint32Array
  readonly scopes: readonly InstrumentationScope[]
  readonly scope: Uint32Array
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  /** Zero for a root span. */
  readonly parentSpanId: Uint8Array
  readonly traceState: DictionaryColumn
  readonly flags: Uint32Array
  readonly name: DictionaryColumn
  /** OTLP SpanKind 0-5. */
  readonly kind: Uint8Array
  /** 64-bit pairs, Unix nanoseconds. */
  readonly startUnixNano: Uint32Array
  readonly endUnixNano: Uint32Array
  /** OTLP StatusCode: 0 unset, 1 ok, 2 error. */
  readonly statusCode: Uint8Array
  readonly statusMessage: DictionaryColumn
  readonly attributes: AttributesColumn
  readonly droppedAttributesCount: Uint32Array
  readonly droppedEventsCount: Uint32Array
  readonly droppedLinksCount: Uint32Array
  readonly events: SpanEvents
  readonly links: SpanLinks
}

/**
 * Samples of one request. `rowCount` is samples plus native histograms: what the ledger counts.
 * Exemplars and metadata ride along and are not counted as rows.
 */
export interface MetricBatch extends BatchCommon {
  readonly signal: 'metrics'
  /** The table that every `ref` of this batch points into; of the same tenant. */
  readonly series: SeriesTable
  /** Sample i belongs to series `ref[i]`. The three arrays have `sampleCount` entries in the sender's order. */
  readonly sampleCount: number
  readonly ref: Uint32Array
  readonly timestampMs: Float64Array
  /** Bits are kept: a staleness marker is the NaN 0x7ff0000000000002. Copy through a Uint32Array view only. */
  readonly value: Float64Array
  /**
   * Null where every sample is a gauge or a cumulative value. Else one byte per sample: 1 = the value is the
   * increase since the sample before (OTLP delta temporality); the pipeline turns it into a cumulative value.
   */
  readonly isDelta: Uint8Array | null
  readonly histograms: readonly NativeHistogram[]
  readonly exemplars: readonly Exemplar[]
  readonly metadata: readonly MetricMetadata[]
}

/** What a decoder yields: rows of one tenant and one signal. */
export type Batch = LogBatch | SpanBatch | MetricBatch

/** Rows of a batch to leave out: `reject[i] !== 0` means row i is not stored. Null: all are stored. */
export type RowMask = Uint8Array | null
