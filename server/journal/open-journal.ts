import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import { CommitLog } from './commit-log.ts'
import { type Disk, nodeDisk } from './disk.ts'
import type { Recovery } from './journal.ts'
import { type FoundSegment, findJournal, logNumbers, logPath } from './recover.ts'
import { SegmentFile, segmentName, segmentPath } from './segment-file.ts'
import { type JournalState, SegmentJournal } from './segment-journal.ts'
import { sumCounts } from './tally.ts'

/** Default bound of one segment: an INSERT reads it whole. */
const defaultMaxSegmentBytes = 64 << 20

export interface JournalOptions {
  /** Made where it does not exist. One process at a time; the data folder's lock sees to that. */
  readonly folder: string
  readonly maxBytes: number
  readonly maxSegmentBytes?: number
  readonly clock: Clock
  readonly logger: Logger
  readonly disk?: Disk
}

/**
 * Opens the journal in a folder: finds what waits, cuts torn tails, begins a new commit log.
 * Cost: reads every waiting byte once.
 * Throws: Error where a newer program wrote the log (the folder is left unharmed), or where the disk fails.
 */
export async function openJournal(options: JournalOptions): Promise<{ journal: SegmentJournal; recovery: Recovery }> {
  const { folder } = options
  const disk = options.disk ?? nodeDisk
  mkdirSync(`${folder}/commits`, { recursive: true })
  mkdirSync(`${folder}/quarantine`, { recursive: true })
  const found = findJournal(folder)
  const run = randomBytes(6).toString('hex')
  const anew = randomBytes(6).toString('hex')
  const segments: SegmentFile[] = []
  for (const [index, segment] of found.segments.entries())
    segments.push(await restoreSegment(folder, segment, { disk, newName: segmentName(index, anew) }))
  const log = new CommitLog(folder, disk, found.lastLog)
  const waiting = segments.flatMap((segment) => segment.blocks)
  const oldestMs = segments.reduce(
    (least, segment) => Math.min(least, segment.firstArrivedMs),
    Number.POSITIVE_INFINITY,
  )
  await log.restart(waiting, oldestMs)
  for (const number of logNumbers(folder)) if (number <= found.lastLog) rmSync(logPath(folder, number))
  const folders = clearFolders(folder, new Set(segments.map((segment) => segment.path)))
  for (const damage of found.damage) options.logger.error({ damage }, 'journal: acknowledged bytes are damaged')
  const state: JournalState = {
    folder,
    maxBytes: options.maxBytes,
    maxSegmentBytes: options.maxSegmentBytes ?? defaultMaxSegmentBytes,
    clock: options.clock,
    logger: options.logger,
    disk,
    run,
  }
  const journal = new SegmentJournal(state, { segments, log, folders, quarantined: countQuarantined(folder) })
  const { tornBytes, damage, damagedRecords } = found
  return {
    journal,
    recovery: { waiting: sumCounts(segments.map((segment) => segment.counts)), tornBytes, damage, damagedRecords },
  }
}

/**
 * Cuts a torn tail. A segment with a damaged block inside is written anew without it, under a new name: the log that
 * names the new file is what makes the change count, so a crash in between leaves the old state.
 */
async function restoreSegment(
  folder: string,
  found: FoundSegment,
  options: { disk: Disk; newName: string },
): Promise<SegmentFile> {
  const { table, name, firstArrivedMs, blocks } = found
  const path = segmentPath(folder, table, name)
  let end = 0
  const isWhole = blocks.every((block) => {
    const follows = block.offset === end
    end = block.offset + block.length
    return follows
  })
  if (isWhole) {
    if (statSync(path).size > end) truncateSync(path, end)
    const segment = new SegmentFile({ table, name, path }, firstArrivedMs, null)
    for (const block of blocks) segment.add(block)
    return segment
  }
  const newPath = segmentPath(folder, table, options.newName)
  const segment = new SegmentFile({ table, name: options.newName, path: newPath }, firstArrivedMs, null)
  const target = await options.disk.create(newPath)
  const source = await open(path, 'r')
  for (const block of blocks) {
    const bytes = new Uint8Array(block.length)
    await source.read(bytes, 0, block.length, block.offset)
    await target.write(bytes, segment.bytes)
    segment.add({ ...block, segment: options.newName, offset: segment.bytes })
  }
  await target.close()
  await source.close()
  await options.disk.syncFolder(`${folder}/${table}`)
  return segment
}

/** Removes files that no record names: segments that were done, or begun by a commit that never finished. */
function clearFolders(folder: string, live: ReadonlySet<string>): Set<string> {
  const folders = new Set<string>()
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === 'quarantine') continue
    if (entry.name !== 'commits') folders.add(entry.name)
    for (const file of readdirSync(`${folder}/${entry.name}`)) {
      const path = `${folder}/${entry.name}/${file}`
      const isStray = entry.name === 'commits' ? file.endsWith('.tmp') : !live.has(path)
      if (isStray) rmSync(path)
    }
  }
  return folders
}

function countQuarantined(folder: string): number {
  return readdirSync(`${folder}/quarantine`).filter((file) => file.endsWith('.native')).length
}
