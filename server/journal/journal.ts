import type { LedgerKey } from '../model/ledger.ts'

/** Rows of a block under one ledger key. */
export interface RowCount {
  readonly key: LedgerKey
  readonly rows: number
}

/** One ClickHouse Native block for one table. */
export interface TableBlock {
  /** Name of the table, `[a-z0-9_]+`, at most 64 characters; also the name of a folder. */
  readonly table: string
  /** One whole block in ClickHouse's Native format, at most `maxSegmentBytes`. Read until `append` resolves. */
  readonly bytes: Uint8Array
  /** Rows of the block. */
  readonly rows: number
  /** Received records in the block, per ledger key; empty for tables that only go with others (series, resources). */
  readonly counts: readonly RowCount[]
}

/** Blocks that become durable together or not at all; at most one per table. */
export interface Commit {
  /** Unix ms at which the youngest of its records was encoded. Never falls from commit to commit of one process. */
  readonly arrivedMs: number
  readonly blocks: readonly TableBlock[]
}

/** What waits in the journal for one table. */
export interface Segment {
  readonly table: string
  /** Unique for ever, among all tables and restarts: the insert's deduplication token derives from it. */
  readonly name: string
  /** File of concatenated Native blocks. */
  readonly path: string
  readonly rows: number
  /** Received records (`counts` summed); samples, where a row holds many. */
  readonly records: number
  readonly bytes: number
  readonly counts: readonly RowCount[]
  /** `arrivedMs` of its first commit. */
  readonly firstArrivedMs: number
}

/**
 * The durable queue between ingest and the column store. Local segment files today; the interface is the one that
 * Kafka serves in a cluster (a segment is then a run of messages between two offsets).
 *
 * Order: segments of one table are handed out in the order of their commits.
 * Bounds: `maxBytes` of waiting data; beyond it append throws JournalFull.
 */
export interface Journal {
  /**
   * Makes the blocks durable: resolves once they survive `kill -9` and a loss of power.
   * Throws: JournalFull (size limit, disk full, disk fault): nothing of the commit is stored.
   */
  append(commit: Commit): Promise<void>
  /** The segment of a table that still grows, or null. */
  open(table: string): Segment | null
  /** Segments of a table that no longer grow, oldest first. */
  sealed(table: string): readonly Segment[]
  /** Ends the table's open segment, so that it can be loaded; nothing happens where there is none. */
  seal(table: string): Promise<void>
  /** Names of all tables that have something waiting. */
  tables(): readonly string[]
  /** The segment is in the store: it is forgotten and its file removed. A crash before may hand it out once more. */
  done(segment: Segment): void
  /** Sets aside a segment that the store refuses for good, with the reason beside it. Nothing is thrown away. */
  quarantine(segment: Segment, reason: string): Promise<void>
  /** Unix ms: everything that was committed before it is done. Infinity where nothing waits. */
  oldestWaitingMs(): number
  stats(): JournalStats
  /** Called after each durable commit. One listener. */
  onCommit(listener: () => void): void
}

export interface JournalStats {
  readonly waitingBytes: number
  readonly waitingSegments: number
  readonly maxBytes: number
  readonly commits: number
  /** Milliseconds that the last commit took from the first write to the last sync. */
  readonly lastCommitMs: number
  /** Segments ever set aside that still lie in the quarantine folder. */
  readonly quarantined: number
  /** Why nothing can be appended now; '' while all is well. */
  readonly fault: string
}

/** What was found when the journal was opened. */
export interface Recovery {
  /** Records that wait again, per ledger key. */
  readonly waiting: readonly RowCount[]
  /** Bytes cut off because the commit that wrote them was never finished (and so never acknowledged). */
  readonly tornBytes: number
  /** Acknowledged blocks whose bytes no longer match their checksum, in words. Empty unless the disk lost data. */
  readonly damage: readonly string[]
  readonly damagedRecords: number
}
