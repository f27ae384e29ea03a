import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { QueryLimits } from '../../model/scope.ts'
import type { ColumnStore } from './column-store.ts'
import { writeNativeFile } from './engine-fixture-suite.ts'
import { QueryCancelled, QueryDeadline, QueryLimitExceeded, StoreError, StoreUnavailable } from './store-errors.ts'

/** What a suite runs on: a store and a folder on this machine for files to insert. */
export interface StoreUnderTest {
  readonly store: ColumnStore
  readonly folder: string
  /** Resident memory of the store's process, bytes; undefined where it runs elsewhere. */
  residentBytes?(): number
  close(): Promise<void>
}

const endless = 'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))'
const limits: QueryLimits = { maxMemoryBytes: 60_000_000, maxRowsToRead: 2_000_000, maxResultRows: 1000 }
const mib = 1024 * 1024

/** The contract of ColumnStore, the same for the embedded engine and a cluster. */
export function columnStoreSuite(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`ColumnStore: ${name}`, () => {
    let tested: StoreUnderTest
    let store: ColumnStore
    beforeAll(async () => {
      tested = await open()
      store = tested.store
    })
    afterAll(async () => {
      await tested.close()
    })

    const one = async (sql: string, params?: Record<string, unknown>) => {
      const { rows } = await store.rows<{ v: unknown }>(params === undefined ? { sql } : { sql, params })
      return rows[0].v
    }
    const isRunning = async (mark: string) =>
      (await one(
        `SELECT count() AS v FROM system.processes
          WHERE position(query, {mark:String}) > 0 AND NOT startsWith(query, 'SELECT count() AS v')`,
        { mark },
      )) !== '0'
    const begun = async (mark: string) => {
      while (!(await isRunning(mark)));
    }
    const ended = async (mark: string) => {
      while (await isRunning(mark));
    }
    const failureOf = async (work: Promise<unknown>): Promise<StoreError> => {
      const outcome = await work.then(
        (value) => value,
        (error) => error,
      )
      expect(outcome).toBeInstanceOf(StoreError)
      return outcome
    }
    const table = async (columns: string, more = '') => {
      const tableName = `t_${crypto.randomUUID().replaceAll('-', '')}`
      await store.command({
        sql: `CREATE TABLE ${tableName} (${columns}) ENGINE = MergeTree ${more} ORDER BY tuple() SETTINGS non_replicated_deduplication_window = 100`,
      })
      return tableName
    }

    describe('parameters arrive as they were sent', () => {
      const cases: readonly [type: string, value: unknown, wanted: unknown][] = [
        [
          'String',
          'it\'s \\ "quoted" `x` -- \n\t\r\0 {v:String} €🙂',
          'it\'s \\ "quoted" `x` -- \n\t\r\0 {v:String} €🙂',
        ],
        ['String', '', ''],
        ['String', "'; DROP TABLE x; --", "'; DROP TABLE x; --"],
        ['UInt64', '18446744073709551615', '18446744073709551615'],
        ['Int64', -9007199254740993n, '-9007199254740993'],
        ['UInt8', 255, 255],
        ['Float64', 1e-300, 1e-300],
        ['Bool', true, true],
        ['Nullable(String)', null, null],
        ['Array(String)', ["a'b", 'c\\d', '', 'é'], ["a'b", 'c\\d', '', 'é']],
        ['Array(UInt64)', [1n, 18446744073709551615n], ['1', '18446744073709551615']],
        ['Array(Array(Int32))', [[1, -1], []], [[1, -1], []]],
        ['Map(String, String)', { "k'": 'v\\' }, { "k'": 'v\\' }],
        ["DateTime64(9, 'UTC')", '2026-01-02 03:04:05.123456789', '2026-01-02 03:04:05.123456789'],
        ['Date', '2026-01-02', '2026-01-02'],
        ['UUID', '11111111-2222-3333-4444-555555555555', '11111111-2222-3333-4444-555555555555'],
      ]
      it.each(cases)('%s %s', async (type, value, wanted) => {
        expect(await one(`SELECT {v:${type}} AS v`, { v: value })).toEqual(wanted)
      })
      it('more of them than a URL holds', async () => {
        const many = Array.from({ length: 50_000 }, (_, at) => `series-${at}`)
        expect(await one('SELECT length({many:Array(String)}) AS v', { many })).toBe('50000')
      })
      it('a missing one is an error of the statement', async () => {
        const failure = await failureOf(store.rows({ sql: 'SELECT {absent:String}' }))
        expect(failure.code).toBe(456)
        expect(failure.retryable).toBe(false)
      })
    })

    describe('rows', () => {
      it('keep what JSON numbers cannot hold', async () => {
        const { rows } = await store.rows({ sql: 'SELECT toUInt64(9007199254740993) AS u, nan AS n, -inf AS i' })
        expect(rows).toEqual([{ u: '9007199254740993', n: 'nan', i: '-inf' }])
      })
      it('say what they cost', async () => {
        const { cost } = await store.rows({ sql: 'SELECT sum(number) AS v FROM numbers(100000)' })
        expect(cost.readRows).toBe(100_000)
        expect(cost.readBytes).toBe(800_000)
        expect(cost.elapsedMs).toBeGreaterThan(0)
      })
      it('take settings', async () => {
        const { rows } = await store.rows(
          { sql: "SELECT getSetting('max_threads') AS v" },
          { settings: { max_threads: 1 } },
        )
        expect(rows).toEqual([{ v: 1 }])
      })
      it('never write', async () => {
        const name = await table('v UInt8')
        const failure = await failureOf(store.rows({ sql: `INSERT INTO ${name} VALUES (1)` }))
        // READONLY, or ACCESS_DENIED where reads have a user of their own.
        expect([164, 497]).toContain(failure.code)
        expect(await one(`SELECT count() AS v FROM ${name}`)).toBe('0')
      })
      it('carry ClickHouse words for a defect', async () => {
        const failure = await failureOf(store.rows({ sql: 'SELECT nope FROM system.one' }))
        expect(failure.code).toBe(47)
        expect(failure.message).toContain('`nope`')
      })
      it('an error behind many rows is the only answer', async () => {
        const failure = await failureOf(
          store.rows({ sql: 'SELECT throwIf(number = 300000) AS v FROM numbers(400000)' }),
        )
        expect(failure.code).toBe(395)
      })
    })

    describe('limits', () => {
      const over: readonly [what: string, sql: string][] = [
        ['memory', 'SELECT groupArray(number) AS v FROM numbers(1900000) GROUP BY number % 2 SETTINGS max_threads = 1'],
        ['rows to read', 'SELECT count() AS v FROM numbers(3000000)'],
        ['rows of the answer', 'SELECT number AS v FROM numbers(1001)'],
      ]
      it.each(over)('%s', async (what, sql) => {
        const bounds = { limits: what === 'memory' ? { ...limits, maxMemoryBytes: 4 * mib } : limits }
        expect(await failureOf(store.rows({ sql }, bounds))).toBeInstanceOf(QueryLimitExceeded)
      })
      it('within them nothing happens', async () => {
        const { rows } = await store.rows({ sql: 'SELECT number AS v FROM numbers(1000)' }, { limits })
        expect(rows).toHaveLength(1000)
      })
      it('hold for a stream as well', async () => {
        const read = drain(store.nativeBlocks({ sql: 'SELECT number FROM numbers(3000000)' }, { limits }))
        expect(await failureOf(read)).toBeInstanceOf(QueryLimitExceeded)
      })
    })

    describe('the end of a query before its answer', () => {
      it('deadline', async () => {
        const mark = `/* ${crypto.randomUUID()} */`
        const failure = await failureOf(store.rows({ sql: `${mark} ${endless}` }, { deadlineMs: Date.now() + 300 }))
        expect(failure).toBeInstanceOf(QueryDeadline)
        await ended(mark)
      })
      it('a deadline that has passed costs nothing', async () => {
        expect(await failureOf(store.rows({ sql: endless }, { deadlineMs: Date.now() - 1 }))).toBeInstanceOf(
          QueryDeadline,
        )
      })
      it('abort of rows', async () => {
        const mark = `/* ${crypto.randomUUID()} */`
        const abort = new AbortController()
        const failure = failureOf(store.rows({ sql: `${mark} ${endless}` }, { signal: abort.signal }))
        await begun(mark)
        abort.abort()
        expect(await failure).toBeInstanceOf(QueryCancelled)
        await ended(mark)
      })
      it('abort of a command', async () => {
        const name = await table('v UInt64')
        const mark = `/* ${crypto.randomUUID()} */`
        const abort = new AbortController()
        const sql = `${mark} INSERT INTO ${name} ${endless}`
        const failure = failureOf(store.command({ sql }, { signal: abort.signal }))
        await begun(mark)
        abort.abort()
        expect(await failure).toBeInstanceOf(QueryCancelled)
        await ended(mark)
      })
      it('abort in the middle of a stream', async () => {
        const mark = `/* ${crypto.randomUUID()} */`
        const abort = new AbortController()
        const read = async () => {
          const sql = `${mark} SELECT number FROM numbers(1000000000000)`
          for await (const _ of store.nativeBlocks({ sql }, { signal: abort.signal })) abort.abort()
        }
        expect(await failureOf(read())).toBeInstanceOf(QueryCancelled)
        await ended(mark)
      })
      it('a reader that stops reading', async () => {
        const mark = `/* ${crypto.randomUUID()} */`
        const blocks = store.nativeBlocks({ sql: `${mark} SELECT number FROM numbers(1000000000000)` })
        for await (const block of blocks) {
          expect(block.length).toBeGreaterThan(0)
          break
        }
        await ended(mark)
      })
      it('an abort that came before', async () => {
        expect(await failureOf(store.rows({ sql: endless }, { signal: AbortSignal.abort() }))).toBeInstanceOf(
          QueryCancelled,
        )
      })
    })

    describe('native blocks of a large answer', () => {
      const isLarge = true
      const read = async (sql: string, bounds: Parameters<ColumnStore['nativeBlocks']>[1]) => {
        const chunks: Buffer[] = []
        for await (const blocks of store.nativeBlocks({ sql, params: { most: 300_000 } }, bounds))
          chunks.push(Buffer.from(blocks))
        return chunks
      }
      it('hold what a stream holds, in whole blocks', async () => {
        const sql = `SELECT number, toString(number) AS text, range(number % 9) AS list FROM numbers({most:UInt64})
          SETTINGS max_threads = 1, max_block_size = 1024`
        const [streamed, large] = [await read(sql, {}), await read(sql, { isLarge })]
        expect(Buffer.concat(large).equals(Buffer.concat(streamed))).toBe(true)
        expect(large.length).toBeGreaterThan(1)
      })
      it('are none for no rows', async () => {
        expect(Buffer.concat(await read('SELECT 1 AS v WHERE 0', { isLarge })).length).toBeLessThan(100)
      })
      it('fail as a stream fails', async () => {
        const throwing = "SELECT throwIf(number = 200000, 'on purpose') AS v FROM numbers(300000)"
        expect((await failureOf(read(throwing, { isLarge }))).message).toContain('on purpose')
        const bounds = { isLarge, limits: { ...limits, maxRowsToRead: 1000 } }
        expect(await failureOf(read('SELECT number FROM numbers(3000000)', bounds))).toBeInstanceOf(QueryLimitExceeded)
      })
      it('end with their reader', async () => {
        // Where an answer goes into a file, comments of the statement are gone.
        const mark = `m_${crypto.randomUUID().replaceAll('-', '')}`
        const abort = new AbortController()
        const sql = `SELECT number AS ${mark} FROM numbers(1000000000000)`
        const failure = failureOf(read(sql, { isLarge, signal: abort.signal }))
        await begun(mark)
        abort.abort()
        expect(await failure).toBeInstanceOf(QueryCancelled)
        await ended(mark)
      })
    })

    describe('native blocks', () => {
      it('10 million rows pass with bounded memory on both sides', async () => {
        const before = tested.residentBytes?.() ?? 0
        let bytes = 0
        let chunks = 0
        let peakHere = 0
        let peakThere = 0
        const sql = "SELECT number, repeat('x', 60) AS s FROM numbers(10000000)"
        for await (const blocks of store.nativeBlocks({ sql })) {
          bytes += blocks.length
          chunks++
          if (chunks % 16 !== 0) continue
          peakHere = Math.max(peakHere, process.memoryUsage().arrayBuffers)
          peakThere = Math.max(peakThere, tested.residentBytes?.() ?? 0)
        }
        expect(bytes).toBeGreaterThan(690_000_000)
        expect(peakHere).toBeLessThan(250 * mib)
        expect(peakThere - before).toBeLessThan(300 * mib)
      })
      it('an error in the middle comes after the blocks before it', async () => {
        let bytes = 0
        const read = async () => {
          const sql = 'SELECT throwIf(number = 900000) FROM numbers(1000000)'
          for await (const blocks of store.nativeBlocks({ sql }, { settings: { max_threads: 1 } }))
            bytes += blocks.length
        }
        expect((await failureOf(read())).code).toBe(395)
        expect(bytes).toBeGreaterThan(500_000)
      })
      it('no rows: no error', async () => {
        const blocks = await drain(store.nativeBlocks({ sql: 'SELECT number FROM numbers(0)' }))
        expect(blocks).toBeLessThan(100)
      })
    })

    describe('inserts', () => {
      const file = () => join(tested.folder, `${crypto.randomUUID()}.native`)

      it('text formats and values of a statement', async () => {
        const name = await table('v String, n Int32')
        await store.command({ sql: `INSERT INTO ${name} VALUES ('it''s', 1), ('\\\\', 2)` })
        await store.command({ sql: `INSERT INTO ${name} FORMAT JSONEachRow {"v":"é\\n","n":3}` })
        await store.command({ sql: `INSERT INTO ${name} FORMAT TabSeparated\na\\tb\t4\n` })
        const { rows } = await store.rows<{ v: string }>({ sql: `SELECT v FROM ${name} ORDER BY n` })
        expect(rows.map((row) => row.v)).toEqual(["it's", '\\', 'é\n', 'a\tb'])
      })
      it('a Native file, once per token, in several blocks and partitions', async () => {
        const name = await table('id UInt64, s String, d Date', 'PARTITION BY d')
        const path = file()
        const sql =
          "SELECT number AS id, toString(number) AS s, toDate('2026-01-01') + number % 3 AS d FROM numbers(1500000)"
        await writeNativeFile({ store, sql, path })
        const insert = { table: name, columns: ['id', 's', 'd'], path }
        const count = () => one(`SELECT (count(), uniqExact(id)) AS v FROM ${name}`)
        await store.insertNativeFile({ ...insert, token: 'segment-1' })
        await store.insertNativeFile({ ...insert, token: 'segment-1' })
        expect(await count()).toEqual(['1500000', '1500000'])
        await store.insertNativeFile({ ...insert, token: 'segment-2' })
        expect(await count()).toEqual(['3000000', '1500000'])
        rmSync(path)
      })
      it('columns of many types come back byte for byte', async () => {
        const path = file()
        const back = file()
        const name = await table(
          "a LowCardinality(String), b Map(LowCardinality(String), String), c Array(Nullable(Float64)), d FixedString(16), e DateTime64(9, 'UTC'), f Array(LowCardinality(String)), g Nullable(String)",
        )
        const sql = `SELECT toLowCardinality(toString(number % 7)) AS a,
          CAST(map('k', toString(number), 'l', ''), 'Map(LowCardinality(String), String)') AS b,
          [toNullable(number / 3), NULL, nan] AS c, toFixedString(hex(number), 16) AS d,
          toDateTime64('2026-01-01 00:00:00.123456789', 9, 'UTC') + number AS e,
          CAST(arrayMap(x -> toString(x), range(number % 4)), 'Array(LowCardinality(String))') AS f,
          if(number % 2 = 0, NULL, toString(number)) AS g FROM numbers(1000)`
        await writeNativeFile({ store, sql, path })
        await store.insertNativeFile({ table: name, columns: [...'abcdefg'], path, token: 't' })
        await writeNativeFile({ store, sql: `SELECT * FROM ${name}`, path: back })
        const sum = 'sum(cityHash64(a, mapKeys(b), mapValues(b), toString(c), d, e, f, toString(g)))'
        expect(await one(`SELECT ${sum} AS v FROM ${name}`)).toBe(await one(`SELECT ${sum} AS v FROM (${sql})`))
      })
      it('a name cannot break out of its quotes', async () => {
        const insert = { table: 'x` (a) SELECT 1; --', columns: ['a'], path: file(), token: 't' }
        expect((await failureOf(store.insertNativeFile(insert))).retryable).toBe(false)
      })
      it('a damaged file is refused and nothing of it stays', async () => {
        const name = await table('id UInt64, s String')
        const path = file()
        await writeNativeFile({
          store,
          sql: 'SELECT number AS id, toString(number) AS s FROM numbers(1000)',
          path,
          cutBytes: 100,
        })
        const failure = await failureOf(store.insertNativeFile({ table: name, columns: ['id', 's'], path, token: 't' }))
        expect(failure).toBeInstanceOf(StoreError)
        expect(await one(`SELECT count() AS v FROM ${name}`)).toBe('0')
      })
      it('do not wait behind reads, however many', async () => {
        const name = await table('v UInt64')
        const path = file()
        await writeNativeFile({ store, sql: 'SELECT number AS v FROM numbers(1000)', path })
        const abort = new AbortController()
        const marks = Array.from({ length: 12 }, () => `/* ${crypto.randomUUID()} */`)
        let isAnyReadOver = false
        const reads = marks.map((mark) =>
          failureOf(store.rows({ sql: `${mark} ${endless}` }, { signal: abort.signal })).finally(() => {
            isAnyReadOver = true
          }),
        )
        await store.command({ sql: `INSERT INTO ${name} VALUES (1)` })
        for (let at = 0; at < 3; at++) {
          await store.insertNativeFile({ table: name, columns: ['v'], path, token: `t${at}` })
        }
        expect(isAnyReadOver).toBe(false)
        abort.abort()
        for (const failure of await Promise.all(reads)) expect(failure).toBeInstanceOf(QueryCancelled)
        expect(await one(`SELECT count() AS v FROM ${name}`)).toBe('3001')
      })
    })

    it('refuses reads beyond those that may wait, at once and retryably', async () => {
      const abort = new AbortController()
      const reads = Array.from({ length: 300 }, () => failureOf(store.rows({ sql: endless }, { signal: abort.signal })))
      const first = await Promise.race(reads)
      expect(first).toBeInstanceOf(StoreUnavailable)
      expect(first.retryable).toBe(true)
      abort.abort()
      const kinds = (await Promise.all(reads)).map((failure) => failure.name)
      expect(kinds.filter((kind) => kind === 'StoreUnavailable')).toHaveLength(300 - 8 - 256)
    })
  })
}

async function drain(blocks: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0
  for await (const block of blocks) bytes += block.length
  return bytes
}
