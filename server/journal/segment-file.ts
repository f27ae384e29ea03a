import type { DiskFile } from './disk.ts'
import type { RowCount, Segment } from './journal.ts'
import type { BlockEntry } from './record.ts'
import { sumCounts, totalRows } from './tally.ts'

/** A segment with its blocks and, while it grows, its open file. Changed only by the journal that owns it. */
export class SegmentFile implements Segment {
  readonly table: string
  readonly name: string
  readonly path: string
  readonly firstArrivedMs: number
  readonly blocks: BlockEntry[] = []
  rows = 0
  records = 0
  bytes = 0
  /** Null once sealed. */
  file: DiskFile | null

  constructor(place: { table: string; name: string; path: string }, firstArrivedMs: number, file: DiskFile | null) {
    this.table = place.table
    this.name = place.name
    this.path = place.path
    this.firstArrivedMs = firstArrivedMs
    this.file = file
  }

  get counts(): readonly RowCount[] {
    return sumCounts(this.blocks.map((block) => block.counts))
  }

  add(block: BlockEntry): void {
    this.blocks.push(block)
    this.rows += block.rows
    this.records += totalRows(block.counts)
    this.bytes = block.offset + block.length
  }
}

/** Name of a segment: a number that rises in one process, and what tells processes apart. */
export function segmentName(sequence: number, run: string): string {
  return `${String(sequence).padStart(8, '0')}-${run}`
}

/** File of a segment inside the journal's folder. */
export function segmentPath(folder: string, table: string, name: string): string {
  return `${folder}/${table}/${name}.native`
}
