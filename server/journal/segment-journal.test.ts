import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JournalFull } from '../model/sink.ts'
import { defaultTenant } from '../model/tenant.ts'
import type { Clock } from '../runtime/clock.ts'
import { silentLogger } from '../runtime/logger.ts'
import { type Disk, nodeDisk } from './disk.ts'
import type { Commit, Journal, TableBlock } from './journal.ts'
import { openJournal } from './open-journal.ts'
import type { SegmentJournal } from './segment-journal.ts'

let root: string
const opened: SegmentJournal[] = []
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'journal-'))
})
afterEach(async () => {
  for (const journal of opened.splice(0)) await journal.close()
  rmSync(root, { recursive: true })
})

class HandClock implements Clock {
  now = 1_000
  readonly tasks: (() => void)[] = []
  nowMs(): number {
    return this.now
  }
  after(_delayMs: number, task: () => void): () => void {
    this.tasks.push(task)
    return () => {
      const index = this.tasks.indexOf(task)
      if (index !== -1) this.tasks.splice(index, 1)
    }
  }
}

async function open(
  options: { folder?: string; disk?: Disk; maxBytes?: number; maxSegmentBytes?: number; clock?: Clock } = {},
) {
  const found = await openJournal({
    folder: options.folder ?? join(root, 'j'),
    maxBytes: options.maxBytes ?? 1 << 20,
    maxSegmentBytes: options.maxSegmentBytes ?? 1 << 16,
    clock: options.clock ?? new HandClock(),
    logger: silentLogger(),
    disk: options.disk ?? nodeDisk,
  })
  opened.push(found.journal)
  return found
}

/** Block n of a table: its text names commit and table, so that what is read back can be told apart. */
function block(table: string, commit: number, rows = 1): TableBlock {
  const key = { tenant: defaultTenant, signal: 'logs', receiver: `r${commit % 2}` } as const
  return {
    table,
    bytes: Buffer.from(`<${table} ${commit} ${'x'.repeat(commit % 5)}>`),
    rows,
    counts: table === 'logs' ? [{ key, rows }] : [],
  }
}

function commitOf(n: number, tables: readonly string[] = ['logs', 'resources']): Commit {
  return { arrivedMs: 1_000 + n, blocks: tables.map((table) => block(table, n)) }
}

/** Commit numbers that wait per table, in order. */
async function waiting(journal: Journal): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {}
  for (const table of [...journal.tables()].sort()) {
    await journal.seal(table)
    found[table] = journal.sealed(table).flatMap((segment) => {
      const text = readFileSync(segment.path, 'utf8')
      expect(text.length).toBe(segment.bytes)
      const numbers = [...text.matchAll(/<(\w+) (\d+) x*>/g)].map((match) => Number(match[2]))
      expect(text).toBe(numbers.map((n) => Buffer.from(block(table, n).bytes).toString()).join(''))
      expect(segment.rows).toBe(numbers.length)
      return numbers
    })
  }
  return found
}

async function fill(journal: SegmentJournal, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) await journal.append(commitOf(n))
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

describe('SegmentJournal', () => {
  it('keeps what was appended, in order, over a restart without a close', async () => {
    const { journal } = await open()
    await fill(journal, 1, 3)
    await journal.seal('logs')
    await fill(journal, 4, 5)
    const again = await open()
    expect(again.recovery).toMatchObject({ tornBytes: 0, damage: [], damagedRecords: 0 })
    expect(again.recovery.waiting.map(({ key, rows }) => [key.receiver, rows])).toEqual([
      ['r1', 3],
      ['r0', 2],
    ])
    expect(again.journal.oldestWaitingMs()).toBe(1_001)
    expect(await waiting(again.journal)).toEqual({ logs: [1, 2, 3, 4, 5], resources: [1, 2, 3, 4, 5] })
  })

  it('forgets what is done once that is written down, and hands it out again under the same name before', async () => {
    const { journal } = await open()
    await fill(journal, 1, 1)
    await journal.seal('logs')
    const [segment] = journal.sealed('logs')
    journal.done(segment)
    expect(journal.sealed('logs')).toEqual([])
    cpSync(join(root, 'j'), join(root, 'crashed'), { recursive: true })
    await journal.flush()
    const crashed = await open({ folder: join(root, 'crashed') })
    expect(crashed.journal.sealed('logs')[0].name).toBe(segment.name)
    const after = await open()
    expect(await waiting(after.journal)).toEqual({ resources: [1] })
  })

  it('never uses a segment name twice, not even in a folder that was emptied', async () => {
    const names = new Set<string>()
    for (let round = 0; round < 3; round++) {
      rmSync(join(root, 'j'), { recursive: true, force: true })
      const { journal } = await open()
      await fill(journal, 1, 2)
      for (const table of ['logs', 'resources']) names.add(journal.open(table)?.name ?? '')
      await journal.close()
    }
    expect(names.size).toBe(6)
  })

  it('writes removals down by itself where no commit comes', async () => {
    const clock = new HandClock()
    const { journal } = await open({ clock })
    await fill(journal, 1, 1)
    await journal.seal('logs')
    const [segment] = journal.sealed('logs')
    journal.done(segment)
    expect(clock.tasks).toHaveLength(1)
    clock.tasks[0]()
    await journal.flush()
    expect(files(join(root, 'j')).filter((path) => path.includes('/logs/'))).toEqual([])
    expect(journal.stats().waitingBytes).toBe(journal.open('resources')?.bytes)
  })

  it('ends a segment at its size and refuses a block that fits in none', async () => {
    const { journal } = await open({ maxSegmentBytes: 30 })
    await fill(journal, 1, 6)
    expect(journal.sealed('logs').length).toBeGreaterThan(1)
    const blocks = [{ table: 'logs', bytes: new Uint8Array(31), rows: 1, counts: [] }]
    await expect(journal.append({ arrivedMs: 0, blocks })).rejects.toThrow('at most 30')
    expect(await waiting(journal)).toEqual({ logs: [1, 2, 3, 4, 5, 6], resources: [1, 2, 3, 4, 5, 6] })
  })

  it('throws JournalFull at its size limit and takes more once a segment is done', async () => {
    const { journal } = await open({ maxBytes: 100 })
    let appended = 0
    await expect(
      (async () => {
        for (;;) await journal.append(commitOf(++appended))
      })(),
    ).rejects.toThrow(JournalFull)
    await journal.seal('logs')
    journal.done(journal.sealed('logs')[0])
    await journal.flush()
    await journal.append(commitOf(appended))
    expect((await waiting(journal)).resources.at(-1)).toBe(appended)
  })

  it('sets a refused segment aside with its reason, for good', async () => {
    const { journal } = await open()
    await fill(journal, 1, 2)
    await journal.seal('logs')
    await journal.quarantine(journal.sealed('logs')[0], 'code 117: bad block')
    expect(journal.sealed('logs')).toEqual([])
    const again = await open()
    expect(again.recovery.damage).toEqual([])
    expect(again.journal.stats().quarantined).toBe(1)
    expect(await waiting(again.journal)).toEqual({ resources: [1, 2] })
    const note = files(join(root, 'j', 'quarantine')).find((path) => path.endsWith('.json')) ?? ''
    expect(JSON.parse(readFileSync(note, 'utf8'))).toMatchObject({
      table: 'logs',
      rows: 2,
      reason: 'code 117: bad block',
    })
  })

  it('begins its log anew when it grows long, without losing anything', async () => {
    const { journal } = await open({ maxSegmentBytes: 1 << 26, maxBytes: 1 << 30 })
    const counts = Array.from({ length: 9_000 }, (_, i) => ({
      key: { tenant: defaultTenant, signal: 'logs', receiver: 'r'.repeat(200) + i } as const,
      rows: 1,
    }))
    for (let n = 0; n < 4; n++) await journal.append({ arrivedMs: n, blocks: [{ ...block('logs', n), counts }] })
    expect(readdirSync(join(root, 'j', 'commits'))).toEqual(['00000002.log'])
    await fill(journal, 4, 6)
    const again = await open()
    expect(await waiting(again.journal)).toEqual({ logs: [0, 1, 2, 3, 4, 5, 6], resources: [4, 5, 6] })
  })

  it('refuses a log of a newer version and leaves the folder as it is', async () => {
    const { journal } = await open()
    await fill(journal, 1, 1)
    await journal.close()
    const { xxh64 } = await import('./checksum.ts')
    const payload = Buffer.from([3, 2, 0])
    const header = Buffer.alloc(16)
    header.writeUInt32LE(0x314a4c53, 0)
    header.writeUInt32LE(payload.length, 4)
    header.writeBigUInt64LE(xxh64(payload), 8)
    appendFileSync(join(root, 'j', 'commits', '00000001.log'), Buffer.concat([header, payload]))
    const before = files(join(root, 'j')).map((path) => [path, statSync(path).size])
    await expect(open()).rejects.toThrow('version 3')
    expect(files(join(root, 'j')).map((path) => [path, statSync(path).size])).toEqual(before)
  })
})

describe('SegmentJournal after a crash', () => {
  /** Sizes of all files after `acked` commits, and the folder after one commit more. */
  async function crashSite(): Promise<{ folder: string; before: Map<string, number> }> {
    const { journal } = await open()
    await fill(journal, 1, 3)
    const before = new Map(files(join(root, 'j')).map((path) => [path, statSync(path).size]))
    await journal.append(commitOf(4, ['logs', 'spans']))
    return { folder: join(root, 'j'), before }
  }
  const acked = { logs: [1, 2, 3], resources: [1, 2, 3] }

  it('cuts an unfinished commit, however much of it reached each file', async () => {
    const { folder, before } = await crashSite()
    const touched = files(folder).filter((path) => statSync(path).size !== before.get(path))
    expect(touched).toHaveLength(3)
    const full = touched.map((path) => readFileSync(path))
    const cut = (i: number) =>
      fc.integer({ min: before.get(touched[i]) ?? 0, max: full[i].length }).map((size) => ({ size, zeros: false }))
    /** A file whose size reached the disk before its bytes did. */
    const hole = (i: number) =>
      fc.integer({ min: before.get(touched[i]) ?? 0, max: full[i].length }).map((size) => ({ size, zeros: true }))
    const state = (i: number) => fc.oneof(cut(i), hole(i))
    await fc.assert(
      fc.asyncProperty(state(0), state(1), state(2), async (...states) => {
        const site = mkdtempSync(join(root, 'site-'))
        cpSync(folder, site, { recursive: true })
        let isWhole = true
        for (const [i, { size, zeros }] of states.entries()) {
          const torn = Buffer.from(full[i].subarray(0, zeros ? full[i].length : size))
          if (zeros) torn.fill(0, size)
          if (!torn.equals(full[i])) isWhole = false
          writeFileSync(join(site, touched[i].slice(folder.length)), torn)
        }
        for (let round = 0; round < 2; round++) {
          const { journal, recovery } = await open({ folder: site })
          expect(recovery.damage).toEqual([])
          const wanted = isWhole ? { logs: [1, 2, 3, 4], resources: [1, 2, 3], spans: [4] } : acked
          expect(await waiting(journal)).toEqual(wanted)
          if (round === 1) await journal.append(commitOf(9))
          await journal.close()
        }
        rmSync(site, { recursive: true })
      }),
      { seed: 7, numRuns: 150 },
    )
  })

  it('keeps every commit that no changed byte belongs to', async () => {
    const { folder } = await crashSite()
    for (const path of files(folder)) {
      const good = readFileSync(path)
      for (let at = 0; at < good.length; at++) {
        const site = mkdtempSync(join(root, 'site-'))
        cpSync(folder, site, { recursive: true })
        const bad = Buffer.from(good)
        bad[at] ^= 0x41
        writeFileSync(join(site, path.slice(folder.length)), bad)
        const { journal } = await open({ folder: site })
        const found = await waiting(journal)
        await journal.close()
        rmSync(site, { recursive: true })
        for (const [table, all] of Object.entries({ logs: [1, 2, 3, 4], resources: [1, 2, 3], spans: [4] })) {
          const lost = all.filter((n) => !(found[table] ?? []).includes(n))
          expect(lost.length, `${path} byte ${at}: ${table} lost ${lost}`).toBeLessThanOrEqual(1)
        }
      }
    }
  })

  it('tells of acknowledged blocks that are damaged, and serves what lies around them', async () => {
    const { folder } = await crashSite()
    const path = files(join(folder, 'logs'))[0]
    const bytes = readFileSync(path)
    bytes[bytes.indexOf('<logs 2') + 3] ^= 1
    writeFileSync(path, bytes)
    for (let round = 0; round < 2; round++) {
      const { journal, recovery } = await open({ folder })
      expect(recovery.damagedRecords).toBe(round === 0 ? 1 : 0)
      expect(recovery.damage.join()).toMatch(round === 0 ? /logs\/.* the checksum does not match/ : /^$/)
      expect(await waiting(journal)).toEqual({ logs: [1, 3, 4], resources: [1, 2, 3], spans: [4] })
    }
  })

  it('tells of a segment that vanished', async () => {
    const { folder } = await crashSite()
    rmSync(files(join(folder, 'resources'))[0])
    const { journal, recovery } = await open({ folder })
    expect(recovery.damage[0]).toMatch(/resources\/.* the segment is missing/)
    expect(await waiting(journal)).toEqual({ logs: [1, 2, 3, 4], spans: [4] })
  })
})

describe('a segment that is done while the log is written', () => {
  it('keeps its file until the log says so', async () => {
    const log = { onWrite: () => {} }
    const disk: Disk = {
      ...nodeDisk,
      async create(path) {
        const file = await nodeDisk.create(path)
        const write = (bytes: Uint8Array, position: number) => {
          log.onWrite()
          return file.write(bytes, position)
        }
        return path.includes('/commits/') ? { ...file, write } : file
      },
    }
    const folder = join(root, 'done')
    const { journal } = await open({ folder, disk })
    await journal.append(commitOf(1))
    await journal.seal('logs')
    log.onWrite = () => {
      for (const segment of journal.sealed('logs')) journal.done(segment)
    }
    await journal.append(commitOf(2))
    log.onWrite = () => {}
    // As a power cut leaves it: nothing is flushed any more.
    const copy = join(root, 'copy')
    cpSync(folder, copy, { recursive: true })
    const again = await open({ folder: copy })
    expect(again.recovery.damage).toEqual([])
    expect(await waiting(again.journal)).toEqual({ logs: [1, 2], resources: [1, 2] })
    await journal.flush()
    expect(await waiting(journal)).toEqual({ logs: [2], resources: [1, 2] })
    const last = join(root, 'last')
    cpSync(folder, last, { recursive: true })
    expect((await open({ folder: last })).recovery.damage).toEqual([])
  })
})

/** A real disk that holds only so many bytes more, and then fails as a full one does. */
function smallDisk(space: { bytes: number; truncates: boolean }): Disk {
  const full = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  return {
    ...nodeDisk,
    async create(path) {
      const file = await nodeDisk.create(path)
      return {
        ...file,
        async write(bytes, position) {
          const fits = Math.min(bytes.length, space.bytes)
          space.bytes -= fits
          await file.write(bytes.subarray(0, fits), position)
          if (fits < bytes.length) throw full()
        },
        async truncate(length) {
          if (!space.truncates) throw Object.assign(new Error('EIO: i/o error, ftruncate'), { code: 'EIO' })
          await file.truncate(length)
        },
      }
    },
  }
}

describe('SegmentJournal on a disk that fills up', () => {
  it.each([true, false])(
    'stores whole commits or nothing, wherever the space ends (truncate works: %s)',
    async (works) => {
      for (let room = 0; room < 600; room += 7) {
        const folder = join(root, `full-${works}-${room}`)
        const space = { bytes: 1 << 20, truncates: true }
        const { journal } = await open({ folder, disk: smallDisk(space) })
        space.bytes = room
        const good: number[] = []
        let refused = 0
        for (let n = 1; n <= 8; n++) {
          if (n === 7) space.bytes = 1 << 20
          space.truncates = works || n === 7
          const answer = await journal.append(commitOf(n)).then(
            () => good.push(n),
            (error: unknown) => error,
          )
          if (answer instanceof Error) {
            refused += 1
            expect(answer).toBeInstanceOf(JournalFull)
          }
          for (const segment of ['logs', 'resources'].flatMap((table) => journal.sealed(table)))
            expect(statSync(segment.path).size, 'a segment is handed out with nothing behind its end').toBe(
              segment.bytes,
            )
          if (refused > 0 && n < 7) expect(journal.stats().fault).toContain(works ? 'ENOSPC' : 'E')
        }
        if (refused > 0) expect(good).toContain(8)
        expect(await waiting(journal)).toEqual({ logs: good, resources: good })
        await journal.close()
        const again = await open({ folder })
        expect(again.recovery.damage).toEqual([])
        expect(await waiting(again.journal)).toEqual({ logs: good, resources: good })
      }
    },
  )
})
