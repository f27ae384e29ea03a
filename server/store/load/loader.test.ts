import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openJournal } from '../../journal/open-journal.ts'
import type { SegmentJournal } from '../../journal/segment-journal.ts'
import type { Rejection } from '../../model/batch.ts'
import type { Ledger, LedgerEntry, LedgerGrouping, LedgerKey } from '../../model/ledger.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import { JournalFull, Overloaded } from '../../model/sink.ts'
import { defaultTenant, type TenantId } from '../../model/tenant.ts'
import { createLedger } from '../../pipeline/ledger.ts'
import { systemClock } from '../../runtime/clock.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { openTestEngine } from '../engine/engine-fixture-suite.ts'
import { migrate } from '../schema/migrate.ts'
import { blockTables } from '../schema/table-columns.ts'
import { type LogRow, logBatch, metricBatch, spanBatch } from './batches-fixture-suite.ts'
import { HandClock } from './hand-clock-suite.ts'
import { IngestWriter } from './ingest-writer.ts'
import { Loader } from './loader.ts'

let engine: Awaited<ReturnType<typeof openTestEngine>>
let folder: string
const opened: SegmentJournal[] = []
const nowMs = 1_795_428_000_000
const now = BigInt(nowMs) * 1_000_000n

beforeAll(async () => {
  engine = await openTestEngine()
  await migrate(engine.store, { layout: { cluster: null }, clock: systemClock, logger: silentLogger() })
})
afterAll(() => engine.close())
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'loader-'))
  for (const { table } of blockTables) await engine.store.command({ sql: `TRUNCATE TABLE ${table}` })
})
afterEach(async () => {
  for (const journal of opened.splice(0)) await journal.close()
  rmSync(folder, { recursive: true })
})

/** Counts by key, so that the sum can be checked: received = stored + rejected + waiting. */
class SumLedger implements Ledger {
  readonly sums = new Map<string, { recovered: number; stored: number; rejected: Rejection[] }>()
  received(): void {}
  returned(): void {}
  rejected(key: LedgerKey, rejection: Rejection): void {
    this.#of(key).rejected.push(rejection)
  }
  stored(key: LedgerKey, rows: number): void {
    this.#of(key).stored += rows
  }
  recovered(key: LedgerKey, rows: number): void {
    this.#of(key).recovered += rows
  }
  entries(): readonly LedgerEntry[] {
    return []
  }
  #of(key: LedgerKey) {
    const name = `${key.tenant} ${key.signal} ${key.receiver}`
    const sums = this.sums.get(name) ?? { recovered: 0, stored: 0, rejected: [] }
    this.sums.set(name, sums)
    return sums
  }
}

interface OpenOptions {
  readonly folder?: string
  readonly maxBytes?: number
  readonly maxInFlightBytes?: number
  readonly fullBytes?: number
}

async function open({ maxInFlightBytes = 128 << 20, fullBytes = 256 << 10, ...options }: OpenOptions = {}) {
  const clock = new HandClock(nowMs)
  const logger = silentLogger()
  const { journal, recovery } = await openJournal({
    folder: options.folder ?? folder,
    maxBytes: options.maxBytes ?? 1 << 26,
    clock,
    logger,
  })
  opened.push(journal)
  const ledger = new SumLedger()
  const writer = new IngestWriter({ journal, clock, retention: () => 400, maxInFlightBytes, fullBytes })
  const loader = new Loader({ journal, store: engine.store, ledger, clock, logger, recovered: recovery.waiting })
  return { clock, journal, ledger, writer, loader }
}

function logs(from: number, to: number, receiver = 'test') {
  const rows: LogRow[] = []
  for (let n = from; n <= to; n++) rows.push({ time: now - BigInt(n % 3) * 86_400_000_000_000n, body: `${n}` })
  return logBatch(rows, { receiver })
}

async function numbers(): Promise<number[]> {
  const { rows } = await engine.store.rows<{ body: string }>({ sql: 'SELECT body FROM logs ORDER BY toUInt32(body)' })
  return rows.map(({ body }) => Number(body))
}

/** What is under way has gone as far as it can without the clock or the disk. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}

describe('IngestWriter', () => {
  it('acknowledges what is in the journal, all that came together with one commit', async () => {
    const { writer, journal } = await open()
    const outcomes = await Promise.all([
      writer.append(logs(1, 3)),
      writer.append(logs(4, 4), Uint8Array.from([1])),
      writer.append(logs(5, 6), Uint8Array.from([0, 1])),
    ])
    expect(outcomes.map(({ acceptedRows }) => acceptedRows)).toEqual([3, 0, 1])
    expect(journal.stats().commits).toBe(1)
    expect(journal.open('logs')).toMatchObject({ rows: 4, records: 4 })
  })

  it('stores what is appended beside a batch in the same commit, for another tenant and another time, or nothing', async () => {
    const { writer, loader, journal, ledger } = await open()
    const other = { ...logs(3, 4), tenant: 7 as TenantId }
    const short = { ...logs(5, 5), retentionDays: 3 }
    const outcome = await writer.append(logs(1, 2), Uint8Array.from([0, 1]), [
      { batch: other, reject: null },
      { batch: short, reject: null },
    ])
    expect(outcome.acceptedRows).toBe(1)
    expect(journal.stats().commits).toBe(1)
    expect(writer.stats().committedRows).toBe(4)
    await loader.loadAll()
    const { rows } = await engine.store.rows({ sql: 'SELECT tenant, body, retention FROM logs ORDER BY body' })
    expect(rows).toEqual([
      { tenant: 1, body: '1', retention: 400 },
      { tenant: 7, body: '3', retention: 400 },
      { tenant: 7, body: '4', retention: 400 },
      { tenant: 1, body: '5', retention: 3 },
    ])
    expect(ledger.sums.get('7 logs test')?.stored).toBe(2)
    const small = await open({ folder: join(folder, 'small'), maxBytes: 4096 })
    const beside = [{ batch: logs(1, 1000), reject: null }]
    await expect(small.writer.append(logs(1, 1), null, beside)).rejects.toThrow(JournalFull)
    expect(small.journal.tables()).toEqual([])
  })

  it('gathers what comes while a commit is on its way, at a pace', async () => {
    const { clock, writer, journal } = await open()
    await writer.append(logs(1, 1))
    const later = [writer.append(logs(2, 2)), writer.append(logs(3, 3))]
    await settled()
    clock.advance(49)
    await settled()
    expect(journal.stats().commits).toBe(1)
    clock.advance(1)
    await Promise.all(later)
    expect(journal.stats().commits).toBe(2)
    expect(writer.stats()).toEqual({ inFlightBytes: 0, waitingBatches: 0, commits: 2, committedRows: 3 })
  })

  it('begins sooner where much waits, but not before two fifths of its pace', async () => {
    const { clock, writer, journal } = await open({ fullBytes: 1000 })
    await writer.append(logs(1, 1))
    const early = writer.append(logs(1, 20))
    await settled()
    clock.advance(19)
    await settled()
    expect(journal.stats().commits).toBe(1)
    clock.advance(1)
    await early
    const few = writer.append(logs(2, 2))
    await settled()
    clock.advance(30)
    await settled()
    expect(journal.stats().commits).toBe(2)
    // The clock stands still from here: what is enough begins the commit by itself.
    await Promise.all([few, writer.append(logs(1, 20))])
    expect(journal.stats().commits).toBe(3)
  })

  it('refuses more than may be in flight, and takes it again afterwards', async () => {
    const { clock, writer } = await open({ maxInFlightBytes: 1000 })
    const first = writer.append(logs(1, 20))
    await expect(writer.append(logs(1, 20))).rejects.toThrow(Overloaded)
    await first
    clock.advance(50)
    expect(await writer.append(logs(1, 20))).toEqual({ acceptedRows: 20, rejections: [] })
  })

  it('stores nothing of a batch that does not fit the journal, and its resources later', async () => {
    const { clock, writer, journal } = await open({ maxBytes: 4096 })
    await expect(writer.append(logs(1, 1000))).rejects.toThrow(JournalFull)
    expect(journal.tables()).toEqual([])
    clock.advance(50)
    await writer.append(logs(1, 2))
    expect([...journal.tables()].sort()).toEqual(['logs', 'resources'])
  })

  it('tells a batch that cannot be encoded, and stores its neighbours', async () => {
    const { clock, writer, loader } = await open()
    const broken = { ...logs(9, 9), severityText: undefined as never }
    const answers = Promise.allSettled([writer.append(logs(1, 1)), writer.append(broken), writer.append(logs(2, 2))])
    await writer.drain()
    clock.advance(100)
    expect((await answers).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    await loader.loadAll()
    expect(await numbers()).toEqual([1, 2])
  })

  it('says up to when everything is stored', async () => {
    const { clock, writer, loader } = await open()
    expect(writer.settledThroughMs()).toBe(nowMs)
    await writer.append(logs(1, 1))
    clock.advance(10_000)
    await writer.append(logs(2, 2))
    expect(writer.settledThroughMs()).toBe(nowMs)
    await loader.loadAll()
    expect(writer.settledThroughMs()).toBe(nowMs + 10_000)
  })
})

describe('Loader', () => {
  it('stores all signals and counts them', async () => {
    const { writer, loader, ledger, journal } = await open()
    const table = (await createSeriesTables()).of(defaultTenant)
    const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), start: now, end: now }
    await Promise.all([
      writer.append(logs(1, 5, 'a')),
      writer.append(logs(6, 7, 'b')),
      writer.append(spanBatch([span])),
      writer.append(
        metricBatch(
          table,
          [1, 2, 3].map((i) => ({ labels: { __name__: 'm', i: `${i}` }, ms: nowMs, value: i })),
        ),
      ),
    ])
    await loader.loadAll()
    expect(await numbers()).toEqual(upTo(7))
    expect([...ledger.sums].map(([key, { stored }]) => [key, stored]).sort()).toEqual([
      ['1 logs a', 5],
      ['1 logs b', 2],
      ['1 metrics test', 3],
      ['1 traces test', 1],
    ])
    expect(journal.tables()).toEqual([])
  })

  it('loads small loads within a fraction of a second, large ones in large blocks', async () => {
    const { clock, writer, loader, journal } = await open()
    await loader.start()
    await writer.append(logs(1, 10))
    expect(clock.nextMs - nowMs).toBeLessThanOrEqual(300)
    clock.advance(300)
    await loader.idle()
    await loader.stop()
    expect(await numbers()).toEqual(upTo(10))
    await writer.append(logs(1, 50_000))
    expect(journal.open('logs')?.records).toBe(50_000)
    await loader.start()
    expect(clock.nextMs - clock.nowMs()).toBeGreaterThan(1000)
    await loader.stop()
  })

  it('stores nothing twice where a crash came between the insert and its mark, in several partitions', async () => {
    const { writer, loader } = await open()
    await writer.append(logs(1, 30))
    const before = mkdtempSync(join(tmpdir(), 'loader-before-'))
    cpSync(folder, before, { recursive: true })
    await loader.loadAll()
    for (let replay = 0; replay < 2; replay++) {
      cpSync(before, `${folder}/replay-${replay}`, { recursive: true })
      const again = await open({ folder: `${folder}/replay-${replay}` })
      await again.loader.start()
      await again.loader.loadAll()
      expect(again.ledger.sums.get('1 logs test')).toMatchObject({ recovered: 30, stored: 30 })
      await again.loader.stop()
    }
    expect(await numbers()).toEqual(upTo(30))
    rmSync(before, { recursive: true })
  })

  it('stores rows of many days at once', async () => {
    const { writer, loader } = await open()
    const days = upTo(120).map((n) => ({ time: now - BigInt(n) * 86_400_000_000_000n, body: `${n}` }))
    await writer.append(logBatch(days))
    await loader.loadAll()
    expect(await numbers()).toEqual(upTo(120))
  })

  it('counts by sender and key over a crash: what the journal holds is received and stored under the same names', async () => {
    const from = (sender: string, accessKey: string) => ({ source: { sender, accessKey } })
    const { writer } = await open()
    await Promise.all([
      writer.append({ ...logs(1, 5), ...from('curl/8', 'shop') }),
      writer.append({ ...logs(6, 7), ...from('agent/1', 'shop') }),
      writer.append(logs(8, 10)),
      writer.append({ ...logs(11, 14), ...from('curl/8', 'till') }),
    ])
    // As after kill -9: nothing is closed, another process reads what is on the disk.
    const copy = mkdtempSync(join(tmpdir(), 'loader-copy-'))
    cpSync(folder, copy, { recursive: true })
    const clock = new HandClock(nowMs)
    const logger = silentLogger()
    const { journal, recovery } = await openJournal({ folder: copy, maxBytes: 1 << 26, clock, logger })
    const ledger = createLedger(clock)
    const loader = new Loader({ journal, store: engine.store, ledger, clock, logger, recovered: recovery.waiting })
    const lines = (by: LedgerGrouping) =>
      ledger
        .entries(by)
        .map(({ source, receivedRows, storedRows, waitingRows }) => {
          const name = by === 'sender' ? source?.sender : source?.accessKey
          return [name, receivedRows, storedRows, waitingRows]
        })
        .sort()
    await loader.start()
    await loader.loadAll()
    expect(lines('receiver')).toEqual([['', 14, 14, 0]])
    expect(lines('sender')).toEqual([
      ['', 3, 3, 0],
      ['agent/1', 2, 2, 0],
      ['curl/8', 9, 9, 0],
    ])
    expect(lines('key')).toEqual([
      ['', 3, 3, 0],
      ['shop', 7, 7, 0],
      ['till', 4, 4, 0],
    ])
    await loader.stop()
    await journal.close()
    rmSync(copy, { recursive: true })
  })

  it('keeps two equal batches apart', async () => {
    const { clock, writer, loader } = await open()
    await writer.append(logs(1, 2))
    await loader.loadAll()
    clock.advance(50)
    await writer.append(logs(1, 2))
    await loader.loadAll()
    expect(await numbers()).toEqual([1, 1, 2, 2])
  })

  it('waits for an engine that is gone, and goes on when it is back', async () => {
    const { clock, writer, loader, ledger } = await open()
    await loader.start()
    await writer.append(logs(1, 3))
    process.kill(engine.engine.pid ?? 0, 'SIGKILL')
    clock.advance(300)
    await loader.loadAll()
    if (!loader.health().ready) expect(loader.health().detail).toMatch(/data waits in the journal since .*: .+/)
    // The engine starts again by itself.
    while (ledger.sums.get('1 logs test') === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      clock.advance(10_000)
      await loader.loadAll()
    }
    expect(loader.health()).toEqual({ ready: true })
    expect(await numbers()).toEqual([1, 2, 3])
    await loader.stop()
  })

  it('sets aside what the store refuses, counts it, and loads the rest', async () => {
    const { clock, writer, loader, ledger, journal } = await open()
    const key = { tenant: defaultTenant, signal: 'logs', receiver: 'bad' } as const
    await loader.start()
    await journal.append({
      arrivedMs: nowMs,
      blocks: [{ table: 'logs', bytes: Buffer.from('no block at all'), rows: 4, counts: [{ key, rows: 4 }] }],
    })
    await journal.seal('logs')
    const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), start: now, end: now }
    await Promise.all([writer.append(logs(1, 3)), writer.append(spanBatch([span]))])
    await loader.loadAll()
    expect((await engine.store.rows({ sql: 'SELECT span_id FROM spans' })).rows).toHaveLength(1)
    for (let round = 0; round < 4; round++) {
      await loader.loadAll()
      clock.advance(5_000)
    }
    await loader.loadAll()
    expect(await numbers()).toEqual([1, 2, 3])
    expect(journal.stats().quarantined).toBe(1)
    const [rejection] = ledger.sums.get('1 logs bad')?.rejected ?? []
    expect(rejection).toMatchObject({
      count: 4,
      sample: expect.stringMatching(/^segment logs-.* was refused by the store and set aside/),
    })
    expect(loader.health().detail).toContain('1 segments lie in quarantine')
    await loader.stop()
  })
})
