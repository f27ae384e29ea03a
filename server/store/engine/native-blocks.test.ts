import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestEngine, type TestEngine } from './engine-fixture-suite.ts'
import { wholeNativeBlocks } from './native-blocks.ts'
import { nativeType } from './native-type.ts'
import { StoreError, StoreUnavailable } from './store-errors.ts'

const tag = 'abcdefghijklmnop'
const seed = { seed: 20261123 }

/** Every layout the walk knows, each with values of different lengths. */
const manyTypes = `SELECT number AS u64, toUInt8(number) AS u8, toInt16(number) AS i16, toDate('2026-01-01') AS d,
  toDateTime('2026-01-01 00:00:00', 'UTC') AS dt, toDateTime64('2026-01-01 00:00:00', 9, 'UTC') AS dt64,
  toFloat32(number) AS f32, nan AS f64, toDecimal32(1, 2) AS d32, toDecimal64(1, 2) AS d64, toDecimal128(1, 2) AS d128,
  toDecimal256(1, 2) AS d256, toUInt128(number) AS u128, toInt256(number) AS i256, generateUUIDv4() AS id,
  toIPv4('1.2.3.4') AS ip4, toIPv6('::1') AS ip6, CAST('a', 'Enum8(\\'a\\' = 1, \\'b),\\' = 2)') AS e8, true AS b,
  toFixedString('abc', 5) AS fs, repeat('é', number % 200) AS s, NULL AS nothing, toIntervalDay(1) AS iv,
  if(number % 3 = 0, NULL, toString(number)) AS ns, toLowCardinality(toString(number % 300)) AS lc,
  CAST(if(number % 5 = 0, NULL, toString(number % 5)), 'LowCardinality(Nullable(String))') AS lcn,
  range(number % 4) AS a, arrayMap(x -> range(x), range(number % 4)) AS aa, arrayMap(x -> toString(x), range(number % 3)) AS sa,
  CAST(arrayMap(x -> toString(x), range(number % 3)), 'Array(LowCardinality(String))') AS lca,
  map('k', number, 'l', 1) AS m, CAST(map('k', toString(number)), 'Map(LowCardinality(String), String)') AS lcm,
  tuple(number, toString(number), [toLowCardinality('x')]) AS t,
  CAST((1, 'x'), 'Tuple(a UInt8, \`b c(\` String)') AS nt,
  CAST([(1, 'x')], 'Nested(a UInt8, b LowCardinality(String))') AS nested
  FROM numbers({rows:UInt32}) SETTINGS max_block_size = {block:UInt32}, max_threads = 1`

async function collect(chunks: readonly Uint8Array[], fence?: string): Promise<Uint8Array[]> {
  const blocks: Uint8Array[] = []
  for await (const block of wholeNativeBlocks(Readable.from(chunks, { objectMode: false }), fence)) blocks.push(block)
  return blocks
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let at = 0
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

describe('wholeNativeBlocks', () => {
  let engine: TestEngine
  let bytes: Buffer
  let blockEnds: number[]
  beforeAll(async () => {
    engine = await openTestEngine()
    const params = { rows: 500, block: 65 }
    const chunks: Uint8Array[] = []
    for await (const chunk of engine.store.nativeBlocks({ sql: manyTypes, params })) chunks.push(chunk)
    bytes = Buffer.concat(chunks)
    // One byte at a time shows where the blocks end.
    const single = await collect(cut(bytes, [1]))
    blockEnds = single.map(
      (
        (end) => (block: Uint8Array) =>
          (end += block.length)
      )(0),
    )
  })
  afterAll(async () => {
    await engine.close()
  })

  it('passes all bytes, block by block', () => {
    expect(blockEnds).toHaveLength(8)
    expect(blockEnds.at(-1)).toBe(bytes.length)
  })

  it('however the bytes arrive, each chunk ends where a block ends', async () => {
    const sizes = fc.array(fc.integer({ min: 200, max: 70_000 }), { minLength: 1, maxLength: 12 })
    const property = fc.asyncProperty(sizes, async (some) => {
      let end = 0
      for (const blocks of await collect(cut(bytes, some), tag)) {
        end += blocks.length
        expect(blockEnds).toContain(end)
      }
      expect(end).toBe(bytes.length)
    })
    await fc.assert(property, { ...seed, numRuns: 60 })
  })

  it('gives what was whole, then says that the rest is missing', async () => {
    const property = fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (length) => {
      const read = collect(cut(bytes.subarray(0, length), [5000]))
      if (length === 0 || blockEnds.includes(length)) expect((await read).length).toBeLessThanOrEqual(8)
      else await expect(read).rejects.toThrow(StoreUnavailable)
    })
    await fc.assert(property, { ...seed, numRuns: 100 })
  })

  it('throws the exception that follows the last block', async () => {
    const text = `Code: 241. DB::Exception: Query memory limit (for query) (x) exceeded. (MEMORY_LIMIT_EXCEEDED) (version 26.7.2.1)\n104 ${tag}\r\n__exception__\r\n`
    const all = Buffer.concat([bytes.subarray(0, blockEnds[2]), Buffer.from(`\r\n__exception__\r\n${tag}\r\n${text}`)])
    for (const size of [7, 1000, all.length]) {
      const got: Uint8Array[] = []
      const read = async () => {
        const stream = Readable.from(cut(all, [size]), { objectMode: false })
        for await (const block of wholeNativeBlocks(stream, tag)) got.push(block)
      }
      await expect(read()).rejects.toMatchObject({
        name: 'QueryLimitExceeded',
        code: 241,
        message: 'Query memory limit (for query) (x) exceeded.',
      })
      expect(Buffer.concat(got).length).toBe(blockEnds[2])
    }
  })

  it('forgets nothing that had arrived when the connection broke', async () => {
    const stream = new Readable({ read() {}, highWaterMark: 1_000_000 })
    const reader = wholeNativeBlocks(stream, tag)
    stream.push(bytes.subarray(0, blockEnds[0]))
    expect((await reader.next()).value).toHaveLength(blockEnds[0])
    // The reader is busy with the first block while all this happens.
    stream.push(bytes.subarray(blockEnds[0], blockEnds[1]))
    stream.push(`\r\n__exception__\r\n${tag}\r\nCode: 395. DB::Exception: no (A_B)\n12 ${tag}\r\n__exception__\r\n`)
    stream.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
    await new Promise((resolve) => stream.once('close', resolve))
    expect((await reader.next()).value).toHaveLength(blockEnds[1] - blockEnds[0])
    await expect(reader.next()).rejects.toMatchObject({ code: 395, message: 'no' })
  })

  it('on any bytes: ends, and throws nothing but StoreError', async () => {
    const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 })
    const property = fc.asyncProperty(flips, async (some) => {
      const damaged = Buffer.from(bytes)
      for (const [at, value] of some) damaged[at] = value
      const outcome = await collect(cut(damaged, [4096]), tag).catch((error) => error)
      if (!Array.isArray(outcome)) expect(outcome).toBeInstanceOf(StoreError)
    })
    await fc.assert(property, { ...seed, numRuns: 300 })
    const noise = fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (some) => {
      const outcome = await collect([some], tag).catch((error) => error)
      if (!Array.isArray(outcome)) expect(outcome).toBeInstanceOf(StoreError)
    })
    await fc.assert(noise, { ...seed, numRuns: 300 })
  })

  it.each(['AggregateFunction(sum, UInt64)', 'JSON', 'Dynamic', 'Array', 'FixedString(x)', ''])(
    'refuses the type %j with its name',
    (name) => {
      expect(() => nativeType(name)).toThrow(StoreError)
    },
  )
})
