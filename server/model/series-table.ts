import type { TenantId } from './tenant.ts'

/** Labels of one series, sorted by name, `__name__` among them. */
export type Labels = readonly (readonly [name: string, value: string])[]

/**
 * The series of one tenant that this process has seen lately: raw label bytes → ref → identity.
 *
 * A ref is a small integer, dense from 0, valid as long as the table lives; columns of per-series facts are
 * indexed by it. Decoders turn label bytes into refs; encoders read identities by ref.
 * Cost: 4 bytes compared per step when the sender repeats its order of series (`guess`), a hash otherwise.
 */
export interface SeriesTable {
  readonly tenant: TenantId
  /** Number of refs given out. */
  readonly size: number
  /**
   * Ref of the series with these labels; a new one is made where the series is unknown.
   * `labels` must be sorted by name, names unique, no empty values. Returns -1 where the tenant's limit of
   * active series (`maxSeries`) is reached: the row is rejected as `cardinality_limit`.
   */
  intern(labels: Labels): number
  /**
   * Ref for label bytes in a sender's own encoding (a protobuf label list, an exposition line), or -1 where they
   * were not seen. `after` is the ref of the row before: its usual successor is compared first.
   */
  find(bytes: Uint8Array, start: number, end: number, after: number): number
  /** Remembers that these bytes mean `ref`, so that `find` knows them. The bytes are copied. */
  remember(bytes: Uint8Array, start: number, end: number, ref: number): void
  /** Labels by ref, decoded on each call. */
  labels(ref: number): Labels
  /** 64-bit pairs by ref: xxh64 of the metric name, and of the canonical label bytes. */
  readonly metricHash: Uint32Array
  readonly seriesHash: Uint32Array
  /** 32-bit hash of job and instance by ref: series of one target lie together. */
  readonly target: Uint32Array
  /** Days since 1970 of the newest `series` row written for the ref; 0 = none yet. Owned by the encoder in store. */
  readonly writtenDay: Uint16Array
  /** Decimal exponent that the ref's values had last (0-4, 127 = raw bits). Owned by the encoder in store. */
  readonly exponent: Int8Array
}

/** The tables of all tenants; one per process. */
export interface SeriesTables {
  of(tenant: TenantId): SeriesTable
}
