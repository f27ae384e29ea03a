import type { TenantId } from './tenant.ts'

/** Labels of one series, sorted by name, `__name__` among them. */
export type Labels = readonly (readonly [name: string, value: string])[]

/**
 * The series of one tenant that this process has seen lately: raw label bytes → ref → identity.
 *
 * A ref is a small integer below `size`; columns of per-series facts are indexed by it. Decoders turn label bytes
 * into refs; encoders read identities by ref. The columns are replaced when the table grows: read them from the
 * table after the last `intern` and `remember`, do not keep them.
 * Lifetime: a ref given out by `find` or `intern` means the same series for at least `idleSweeps` further sweeps
 * (hours), so for as long as any batch is on its way. Series not seen for that long are forgotten, and their refs
 * are given to other series: who keeps a ref longer than a batch also keeps `generation[ref]` and compares.
 * Cost: 4 bytes compared per step when the sender repeats its order of series (`guess`), a hash otherwise.
 */
export interface SeriesTable {
  readonly tenant: TenantId
  /** Refs are below this number; columns by ref have at least so many entries. */
  readonly size: number
  /** Series that are known now: `size` less the refs that wait for reuse. */
  readonly active: number
  /**
   * Ref of the series with these labels; a new one is made where the series is unknown.
   * `labels` must be sorted by name, names unique, no empty values. Returns -1 where the tenant's limit of
   * active series (`maxSeries`) is reached: the row is rejected as `cardinality_limit`. -1 also where the labels
   * take more than 1 MiB.
   */
  intern(labels: Labels): number
  /** The same for labels that are at hand as canonical bytes (label-bytes.ts); the caller has made sure they are. */
  internCanonical(bytes: Uint8Array, start: number, end: number): number
  /**
   * Ref for label bytes in a sender's own encoding (a protobuf label list, an exposition line), or -1 where they
   * were not seen. `after` is the ref of the row before, -1 for the first: its usual successor is compared first.
   *
   * All encodings share one space of keys, told apart by the first byte: a protobuf label list (remote_write's
   * TimeSeries field 1) begins with 0x0a, so keys composed by a decoder must begin with another byte of its own.
   */
  find(bytes: Uint8Array, start: number, end: number, after: number): number
  /**
   * Ref of the series whose bytes usually follow those of `after`, where `bytes[start .. end)` begins with them; else
   * -1. `guessEnd` is where they end. A quick way past the search for their end; `find` is for all other cases.
   */
  guess(bytes: Uint8Array, start: number, end: number, after: number): number
  readonly guessEnd: number
  /**
   * Remembers that these bytes mean `ref`, so that `find` knows them. The bytes are copied, unless they are the
   * series' canonical bytes, which are kept already. Where a sender has very many encodings of the same series
   * (more than twice the series) they are not remembered: slower, never wrong.
   */
  remember(bytes: Uint8Array, start: number, end: number, ref: number): void
  /**
   * Keys of one protocol. `form` names it and what its keys do not say (such as labels that all of them have). Of very
   * many forms the one used first is forgotten.
   */
  keysOf(form: string): SeriesKeys
  /** Says that `ref` was seen, for rows that come by a ref kept elsewhere. `find` and `intern` do it themselves. */
  touch(ref: number): void
  /** Labels by ref, decoded on each call. */
  labels(ref: number): Labels
  /**
   * Canonical bytes of the labels by ref (label-bytes.ts), for encoders that must not make strings of them. A view,
   * good until the table is called again; empty where the series was forgotten.
   */
  labelBytes(ref: number): Uint8Array
  /** 64-bit pairs by ref: xxh64 of the metric name, and of the canonical label bytes. */
  readonly metricHash: Uint32Array
  readonly seriesHash: Uint32Array
  /** 32-bit hash of job and instance by ref: series of one target lie together. */
  readonly target: Uint32Array
  /** Counts the series that had the ref before this one. */
  readonly generation: Uint32Array
  /** Days since 1970 of the newest `series` row written for the ref; 0 = none yet. Owned by the encoder in store. */
  readonly writtenDay: Uint16Array
  /** Decimal exponent that the ref's values had last (0-4, 127 = raw bits), 0 at first. Owned by the encoder in store. */
  readonly exponent: Int8Array
}

/**
 * Refs by the bytes with which one protocol names its series, in the order of its requests. Unlike the keys of `find` they
 * may begin with any byte, so that they are compared where they stand in a request. Forgotten with their series.
 */
export interface SeriesKeys {
  /** Begins a request: nothing is guessed of its first series. */
  begin(): void
  /** Ref of the series whose key usually follows the one before, where `bytes[start .. end)` begins with it; else -1. */
  guess(bytes: Uint8Array, start: number, end: number): number
  readonly guessEnd: number
  /** Ref of the key `bytes[start .. end)`, -1 where it is not known. */
  find(bytes: Uint8Array, start: number, end: number): number
  /** Remembers a key; the bytes are copied. With more than twice as many keys as series further ones are not remembered. */
  remember(bytes: Uint8Array, start: number, end: number, ref: number): void
}

/** The tables of all tenants; one per process. */
export interface SeriesTables {
  of(tenant: TenantId): SeriesTable
  /**
   * Forgets series that were not seen for long. To be called once a minute: idle time is counted in calls, so that
   * a process that stood still forgets nothing that is on its way.
   */
  sweep(): void
  /** For metrics: series known and bytes held, of all tenants. */
  usage(): { readonly series: number; readonly bytes: number }
}
