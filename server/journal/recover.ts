import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { xxh64 } from './checksum.ts'
import { type BlockEntry, type LogRecord, scanLog } from './record.ts'
import { segmentPath } from './segment-file.ts'
import { totalRows } from './tally.ts'

/** A segment that has something waiting. */
export interface FoundSegment {
  readonly table: string
  readonly name: string
  readonly firstArrivedMs: number
  /** Whole blocks, by offset. Not contiguous where a block between them is damaged. */
  readonly blocks: readonly BlockEntry[]
}

/** What a journal's folder holds, judged; nothing on disk has been changed. */
export interface FoundJournal {
  readonly segments: readonly FoundSegment[]
  readonly tornBytes: number
  readonly damage: readonly string[]
  readonly damagedRecords: number
  /** Number of the newest log file; 0 where there is none. */
  readonly lastLog: number
}

interface CommitRecord {
  readonly arrivedMs: number
  readonly blocks: readonly BlockEntry[]
  /** The last record of the newest log with nothing behind it, and no checkpoint: the only one that may be torn. */
  readonly mayBeTorn: boolean
}

/**
 * Reads logs and segments of a journal's folder and tells what waits in it.
 *
 * A commit counts when its record and all its blocks match their checksums. Only the last commit can be unfinished,
 * for the one before it was synced and acknowledged first; it then leaves no trace. Anything else that does not match
 * is damage of the disk: the block is named, and its neighbours are kept.
 * Cost: reads every waiting byte once.
 */
export function findJournal(folder: string): FoundJournal {
  const logs = logNumbers(folder)
  const damage: string[] = []
  const { records, tornLogBytes } = readLogs(folder, logs, damage)
  const removed = new Set<string>()
  for (const record of records) if (record.kind === 'removed') removed.add(`${record.table}/${record.segment}`)
  const commits = commitsOf(records, tornLogBytes > 0)
  const reader = new BlockReader(folder)
  const kept = new Map<string, { firstArrivedMs: number; blocks: BlockEntry[] }>()
  let tornBytes = tornLogBytes
  let damagedRecords = 0
  for (const commit of commits) {
    const waiting = commit.blocks.filter((block) => !removed.has(`${block.table}/${block.segment}`))
    const faults = waiting.map((block) => reader.fault(block))
    if (commit.mayBeTorn && faults.some((fault) => fault !== '')) {
      for (const block of waiting) tornBytes += block.length
      continue
    }
    for (const [index, block] of waiting.entries()) {
      if (faults[index] === '') {
        keep(kept, block, commit.arrivedMs)
      } else if (!isQuarantined(folder, block)) {
        damage.push(`${block.table}/${block.segment} at ${block.offset}: ${faults[index]}`)
        damagedRecords += totalRows(block.counts)
      }
    }
  }
  reader.close()
  const segments = [...kept].map(([place, found]) => {
    const [table, name] = place.split('/')
    return { table, name, ...found }
  })
  return { segments, tornBytes, damage, damagedRecords, lastLog: logs.at(-1) ?? 0 }
}

function keep(
  kept: Map<string, { firstArrivedMs: number; blocks: BlockEntry[] }>,
  block: BlockEntry,
  arrivedMs: number,
): void {
  const place = `${block.table}/${block.segment}`
  const found = kept.get(place)
  if (found === undefined) kept.set(place, { firstArrivedMs: arrivedMs, blocks: [block] })
  else found.blocks.push(block)
}

function commitsOf(records: readonly LogRecord[], laterRecordBegun: boolean): CommitRecord[] {
  const commits: CommitRecord[] = []
  for (const [index, record] of records.entries()) {
    if (record.kind === 'removed') continue
    const mayBeTorn = !laterRecordBegun && record.kind === 'commit' && index === records.length - 1
    commits.push({ arrivedMs: record.arrivedMs, blocks: record.blocks, mayBeTorn })
  }
  return commits
}

/** Numbers of the log files, ascending. */
export function logNumbers(folder: string): number[] {
  if (!existsSync(`${folder}/commits`)) return []
  const numbers: number[] = []
  for (const file of readdirSync(`${folder}/commits`)) {
    const match = /^(\d{8})\.log$/.exec(file)
    if (match !== null) numbers.push(Number(match[1]))
  }
  return numbers.sort((a, b) => a - b)
}

export function logPath(folder: string, number: number): string {
  return `${folder}/commits/${String(number).padStart(8, '0')}.log`
}

/** Records since the newest checkpoint; a log before it holds nothing that still counts. */
function readLogs(
  folder: string,
  logs: readonly number[],
  damage: string[],
): { records: LogRecord[]; tornLogBytes: number } {
  let records: LogRecord[] = []
  let tornLogBytes = 0
  for (const number of logs) {
    const bytes = readFileSync(logPath(folder, number))
    const scan = scanLog(bytes)
    const first = scan.records.at(0)?.record
    if (first?.kind === 'checkpoint') records = []
    for (const { record } of scan.records) records.push(record)
    for (const gap of scan.gaps)
      damage.push(`commit log ${number}: no record can be read from byte ${gap.start} to ${gap.end}`)
    tornLogBytes = bytes.length - (scan.records.at(-1)?.end ?? 0)
  }
  return { records, tornLogBytes }
}

/** A segment whose file was moved away just before its removal was noted. */
function isQuarantined(folder: string, block: BlockEntry): boolean {
  return existsSync(`${folder}/quarantine/${block.table}-${block.segment}.native`)
}

/** Reads blocks of segments; keeps the file of the segment it read last. */
class BlockReader {
  readonly #folder: string
  #path = ''
  #file = -1
  #size = 0
  #buffer = new Uint8Array(0)

  constructor(folder: string) {
    this.#folder = folder
  }

  /** '' where the block's bytes are what its entry says. */
  fault(block: BlockEntry): string {
    this.#turnTo(segmentPath(this.#folder, block.table, block.segment))
    if (this.#file === -1) return 'the segment is missing'
    if (block.offset + block.length > this.#size) return `the segment ends at ${this.#size}`
    if (this.#buffer.length < block.length) this.#buffer = new Uint8Array(block.length * 2)
    const bytes = this.#buffer.subarray(0, block.length)
    readSync(this.#file, bytes, 0, block.length, block.offset)
    return xxh64(bytes) === block.checksum ? '' : 'the checksum does not match'
  }

  close(): void {
    if (this.#file !== -1) closeSync(this.#file)
    this.#file = -1
    this.#path = ''
  }

  #turnTo(path: string): void {
    if (path === this.#path) return
    this.close()
    this.#path = path
    if (!existsSync(path)) return
    this.#file = openSync(path, 'r')
    this.#size = fstatSync(this.#file).size
  }
}
