import { JournalFull } from '../model/sink.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import { xxh64 } from './checksum.ts'
import type { CommitLog } from './commit-log.ts'
import type { Disk } from './disk.ts'
import type { Commit, Journal, JournalStats, Segment, TableBlock } from './journal.ts'
import type { BlockEntry } from './record.ts'
import { SegmentFile, segmentName, segmentPath } from './segment-file.ts'

/** How long a removal may wait for a commit to ride along with before it is written by itself, ms. */
const removalDelayMs = 200
/** A sender that finds the journal full is asked to wait this long, ms. */
const retryAfterMs = 5000

export interface JournalState {
  readonly folder: string
  /** Bytes of waiting segments beyond which append throws JournalFull. */
  readonly maxBytes: number
  /** Bytes after which a segment ends by itself; also the largest block. */
  readonly maxSegmentBytes: number
  readonly clock: Clock
  readonly logger: Logger
  readonly disk: Disk
  /** Tells this process's segments from those of any other, ever: 12 random hex digits. */
  readonly run: string
}

/** What `openJournal` found and hands over. */
export interface RestoredJournal {
  readonly segments: readonly SegmentFile[]
  readonly log: CommitLog
  readonly folders: ReadonlySet<string>
  readonly quarantined: number
}

/** The journal in local files: one folder of segments per table and one commit log. FORMAT.md draws the bytes. */
export class SegmentJournal implements Journal {
  readonly #state: JournalState
  readonly #log: CommitLog
  readonly #sealed = new Map<string, SegmentFile[]>()
  readonly #open = new Map<string, SegmentFile>()
  readonly #folders: Set<string>
  /** Sealed with bytes behind their last good block that could not be cut off yet: not handed out. */
  readonly #ragged = new Set<SegmentFile>()
  /** Done, but the log does not say so yet. */
  readonly #removals: SegmentFile[] = []
  #queue: Promise<unknown> = Promise.resolve()
  #sequence = 0
  #waitingBytes = 0
  #commits = 0
  #lastCommitMs = 0
  #quarantined: number
  #fault = ''
  #cancelFlush: (() => void) | null = null
  #listener: () => void = () => {}

  constructor(state: JournalState, restored: RestoredJournal) {
    this.#state = state
    this.#log = restored.log
    this.#folders = new Set(restored.folders)
    this.#quarantined = restored.quarantined
    for (const segment of restored.segments) this.#keepSealed(segment)
  }

  append(commit: Commit): Promise<void> {
    return this.#exclusive(async () => {
      await this.#commit(commit)
      this.#listener()
    })
  }

  open(table: string): Segment | null {
    return this.#open.get(table) ?? null
  }

  sealed(table: string): readonly Segment[] {
    const list = this.#sealed.get(table) ?? []
    return this.#ragged.size === 0 ? list : list.filter((segment) => !this.#ragged.has(segment))
  }

  seal(table: string): Promise<void> {
    return this.#exclusive(() => this.#seal(table))
  }

  tables(): readonly string[] {
    return [...new Set([...this.#sealed.keys(), ...this.#open.keys()])]
  }

  done(segment: Segment): void {
    const found = this.#takeSealed(segment)
    if (found === null) return
    this.#removals.push(found)
    this.#cancelFlush ??= this.#state.clock.after(removalDelayMs, () => void this.flush())
  }

  quarantine(segment: Segment, reason: string): Promise<void> {
    return this.#exclusive(async () => {
      const found = this.#takeSealed(segment)
      if (found === null) return
      const folder = `${this.#state.folder}/quarantine`
      const place = `${folder}/${found.table}-${found.name}`
      const { table, name, rows, records, counts } = found
      const note = Buffer.from(`${JSON.stringify({ table, name, rows, records, counts, reason }, null, 2)}\n`)
      const file = await this.#state.disk.create(`${place}.json`)
      await file.write(note, 0)
      await file.close()
      await this.#state.disk.rename(found.path, `${place}.native`)
      await this.#state.disk.syncFolder(folder)
      this.#quarantined += 1
      this.#removals.push(found)
      await this.#flushRemovals()
    })
  }

  oldestWaitingMs(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const list of this.#sealed.values())
      for (const segment of list) oldest = Math.min(oldest, segment.firstArrivedMs)
    for (const segment of this.#open.values()) oldest = Math.min(oldest, segment.firstArrivedMs)
    return oldest
  }

  stats(): JournalStats {
    let waitingSegments = this.#open.size
    for (const list of this.#sealed.values()) waitingSegments += list.length
    return {
      waitingBytes: this.#waitingBytes,
      waitingSegments,
      maxBytes: this.#state.maxBytes,
      commits: this.#commits,
      lastCommitMs: this.#lastCommitMs,
      quarantined: this.#quarantined,
      fault: this.#fault,
    }
  }

  onCommit(listener: () => void): void {
    this.#listener = listener
  }

  /** Writes down what is done and removes its files, without waiting for a commit to ride along with. */
  flush(): Promise<void> {
    return this.#exclusive(() => this.#flushRemovals())
  }

  /** Ends all work; everything durable stays so. */
  async close(): Promise<void> {
    this.#cancelFlush?.()
    for (const table of [...this.#open.keys()]) await this.seal(table)
    await this.flush()
    await this.#exclusive(async () => {
      for (const segment of this.#ragged) await segment.file?.close()
      this.#ragged.clear()
      await this.#log.close()
    })
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => {})
    return result
  }

  async #commit(commit: Commit): Promise<void> {
    const bytes = commit.blocks.reduce((sum, block) => sum + block.bytes.length, 0)
    if (this.#waitingBytes + bytes > this.#state.maxBytes)
      throw new JournalFull(
        `journal: ${this.#waitingBytes} bytes wait for the store, the limit is ${this.#state.maxBytes}`,
        retryAfterMs,
      )
    for (const block of commit.blocks)
      if (block.bytes.length > this.#state.maxSegmentBytes)
        throw new Error(`journal: a block of ${block.bytes.length} bytes, at most ${this.#state.maxSegmentBytes}`)
    const started = this.#state.clock.nowMs()
    const entries: { segment: SegmentFile; block: TableBlock; entry: BlockEntry }[] = []
    let logged = 0
    try {
      if (this.#fault !== '') await this.#repair()
      for (const block of commit.blocks) {
        const segment = await this.#segmentFor(block, commit.arrivedMs)
        entries.push({ segment, block, entry: entryOf(block, segment) })
      }
      logged = await this.#writeAll(commit.arrivedMs, entries)
    } catch (error) {
      await this.#undo(entries.map(({ segment }) => segment))
      throw this.#fail(error)
    }
    this.#fault = ''
    this.#waitingBytes += bytes
    this.#commits += 1
    this.#lastCommitMs = this.#state.clock.nowMs() - started
    for (const { segment, entry } of entries) segment.add(entry)
    await this.#afterLogSync(logged)
  }

  /** One round of durable writes: the segments, the commit log, and the folders of new files. How many removals it logged. */
  async #writeAll(
    arrivedMs: number,
    entries: readonly { segment: SegmentFile; block: TableBlock; entry: BlockEntry }[],
  ): Promise<number> {
    const writes = entries.map(async ({ segment, block, entry }) => {
      const file = segment.file
      if (file === null) throw new Error(`journal: segment ${segment.name} was sealed while it was written`)
      await file.write(block.bytes, entry.offset)
    })
    const newFolders = entries.filter(({ segment }) => segment.blocks.length === 0)
    const folders = newFolders.map(({ segment }) =>
      this.#state.disk.syncFolder(`${this.#state.folder}/${segment.table}`),
    )
    const record = { kind: 'commit', arrivedMs, blocks: entries.map(({ entry }) => entry) } as const
    const removals = this.#removals.map(removalOf)
    const log = this.#log.append([...removals, record])
    // All of them end before a failure is acted upon: a write that comes late must not undo the cleaning up.
    const results = await Promise.allSettled([...writes, ...folders, log])
    for (const result of results) if (result.status === 'rejected') throw result.reason
    return removals.length
  }

  async #segmentFor(block: TableBlock, arrivedMs: number): Promise<SegmentFile> {
    const { disk, folder, maxSegmentBytes } = this.#state
    const current = this.#open.get(block.table)
    if (current !== undefined && current.bytes + block.bytes.length <= maxSegmentBytes) return current
    await this.#seal(block.table)
    if (!this.#folders.has(block.table)) {
      await disk.createFolder(`${folder}/${block.table}`)
      await disk.syncFolder(folder)
      this.#folders.add(block.table)
    }
    this.#sequence += 1
    const name = segmentName(this.#sequence, this.#state.run)
    const path = segmentPath(folder, block.table, name)
    const segment = new SegmentFile({ table: block.table, name, path }, arrivedMs, await disk.create(path))
    this.#open.set(block.table, segment)
    return segment
  }

  /**
   * After a commit that failed: cuts its bytes off again. What it touched is not written to any more, for after a
   * failed sync nobody knows what the disk holds beyond the last good commit.
   */
  async #undo(segments: readonly SegmentFile[]): Promise<void> {
    for (const segment of segments) {
      if (segment.blocks.length === 0) {
        await this.#seal(segment.table)
        await this.#state.disk.remove(segment.path).catch(() => {})
      } else {
        this.#open.delete(segment.table)
        this.#keepSealed(segment, false)
        this.#ragged.add(segment)
      }
    }
    await this.#repair().catch(() => {})
  }

  /** Cuts what a failed commit left behind; throws as long as the disk does not let it. */
  async #repair(): Promise<void> {
    for (const segment of this.#ragged) {
      await segment.file?.truncate(segment.bytes)
      await segment.file?.close()
      segment.file = null
      this.#ragged.delete(segment)
    }
    await this.#log.repair()
  }

  async #seal(table: string): Promise<void> {
    const segment = this.#open.get(table)
    if (segment === undefined) return
    this.#open.delete(table)
    await segment.file?.close()
    segment.file = null
    if (segment.blocks.length > 0) this.#keepSealed(segment, false)
  }

  #fail(error: unknown): Error {
    const reason = error instanceof Error ? error.message : String(error)
    if (this.#fault === '')
      this.#state.logger.error({ err: error }, 'journal: a commit failed, senders are told to retry')
    this.#fault = reason
    return error instanceof JournalFull ? error : new JournalFull(`journal: ${reason}`, retryAfterMs)
  }

  async #flushRemovals(): Promise<void> {
    const removals = this.#removals.map(removalOf)
    if (removals.length === 0) return
    try {
      await this.#log.append(removals)
    } catch (error) {
      // They stay in the list and ride along with the next commit; their segments lie there a little longer.
      this.#state.logger.warn({ err: error }, 'journal: removals could not be written down')
      await this.#log.repair().catch(() => {})
      return
    }
    await this.#afterLogSync(removals.length)
  }

  /**
   * The log is synced up to here: the files of the first `logged` done segments may go, and a log that has grown long
   * is begun anew. What was done while the log was written is not in it yet, and keeps its file.
   */
  async #afterLogSync(logged: number): Promise<void> {
    this.#cancelFlush?.()
    this.#cancelFlush = null
    for (const segment of this.#removals.splice(0, logged)) {
      this.#waitingBytes -= segment.bytes
      await this.#state.disk.remove(segment.path).catch((error: unknown) => {
        this.#state.logger.warn({ err: error }, 'journal: a loaded segment could not be removed')
      })
    }
    if (this.#removals.length > 0)
      this.#cancelFlush ??= this.#state.clock.after(removalDelayMs, () => void this.flush())
    if (!this.#log.isLong()) return
    await this.#log.restart(this.#waiting(), this.oldestWaitingMs()).catch((error: unknown) => {
      this.#state.logger.warn({ err: error }, 'journal: the commit log could not be begun anew')
    })
  }

  #waiting(): BlockEntry[] {
    const blocks: BlockEntry[] = []
    for (const list of this.#sealed.values()) for (const segment of list) blocks.push(...segment.blocks)
    for (const segment of this.#open.values()) blocks.push(...segment.blocks)
    return blocks
  }

  #keepSealed(segment: SegmentFile, isNew = true): void {
    const list = this.#sealed.get(segment.table)
    if (list === undefined) this.#sealed.set(segment.table, [segment])
    else list.push(segment)
    if (isNew) this.#waitingBytes += segment.bytes
  }

  #takeSealed(segment: Segment): SegmentFile | null {
    const list = this.#sealed.get(segment.table) ?? []
    const index = list.findIndex((candidate) => candidate.name === segment.name)
    if (index === -1) return null
    const [found] = list.splice(index, 1)
    if (list.length === 0) this.#sealed.delete(segment.table)
    return found
  }
}

function entryOf(block: TableBlock, segment: SegmentFile): BlockEntry {
  return {
    table: block.table,
    segment: segment.name,
    offset: segment.bytes,
    length: block.bytes.length,
    rows: block.rows,
    checksum: xxh64(block.bytes),
    counts: block.counts,
  }
}

function removalOf(segment: SegmentFile): { kind: 'removed'; table: string; segment: string } {
  return { kind: 'removed', table: segment.table, segment: segment.name }
}
