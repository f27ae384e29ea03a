import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { canonicalLabelBytes, isCanonicalAscii, labelsOfCanonical, sortLabels } from './label-bytes.ts'
import { ByteIndex, maxKeyBytes } from './series/byte-index.ts'
import { createSeriesHashes, type SeriesHashes } from './series/series-identity.ts'
import { createSeriesTables } from './series-interner.ts'
import type { Labels, SeriesTable } from './series-table.ts'
import { defaultTenant, systemTenant } from './tenant.ts'

const seed = 20_261_123

function keyOf(text: string): Uint8Array {
  return Buffer.from(text)
}

function findWhole(table: { find: SeriesTable['find'] }, bytes: Uint8Array, after = -1): number {
  return table.find(bytes, 0, bytes.length, after)
}

describe('ByteIndex', () => {
  it('answers like a Map under any order of adding, finding and removing', () => {
    const text = fc.string({ maxLength: 9, unit: fc.constantFrom('a', 'b', '\0') })
    const step = fc.record({ remove: fc.boolean(), text, after: fc.nat(30) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const index = new ByteIndex()
        const wanted = new Map<string, number>()
        for (const { remove, text: key, after } of steps) {
          const bytes = keyOf(key)
          const found = index.find(bytes, 0, bytes.length, after % 32)
          expect(found).toBe(wanted.get(key) ?? -1)
          if (remove && found >= 0) {
            index.remove(found)
            wanted.delete(key)
          } else if (found < 0) wanted.set(key, index.add(bytes, 0, bytes.length, -1))
        }
        expect(index.count).toBe(wanted.size)
        for (const [key, entry] of wanted) expect(Buffer.from(index.key(entry)).toString()).toBe(key)
      }),
      { seed, numRuns: 200 },
    )
  })

  it('finds keys at any offset and of any length', () => {
    const index = new ByteIndex()
    const source = Buffer.from('xyz0123456789')
    for (let start = 0; start < 5; start++)
      for (let end = start; end <= source.length; end++)
        if (index.find(source, start, end, -1) < 0) index.add(source, start, end, -1)
    const moved = Buffer.from('!'.concat(source.toString()))
    for (let start = 0; start < 5; start++)
      for (let end = start; end <= source.length; end++) {
        const entry = index.find(moved, start + 1, end + 1, -1)
        expect(Buffer.from(index.key(entry)).toString()).toBe(source.toString('latin1', start, end))
      }
  })

  it('refuses a key over the bound and goes on', () => {
    const index = new ByteIndex()
    expect(index.add(new Uint8Array(maxKeyBytes + 1), 0, maxKeyBytes + 1, -1)).toBe(-1)
    expect(index.add(new Uint8Array(maxKeyBytes), 0, maxKeyBytes, -1)).toBe(0)
    expect(index.find(new Uint8Array(maxKeyBytes), 0, maxKeyBytes, -1)).toBe(0)
  })

  it('gives memory back when most keys were removed, and keeps the rest readable', () => {
    const index = new ByteIndex()
    const keys = Array.from({ length: 30_000 }, (_, i) => keyOf(`${'k'.repeat(200)}${i}`))
    const entries = keys.map((key) => index.add(key, 0, key.length, -1))
    const full = index.memoryBytes
    entries.forEach((entry, i) => {
      if (i % 100 !== 0) index.remove(entry)
    })
    index.compact(1 << 30)
    expect(index.memoryBytes).toBeLessThan(full / 2)
    for (let i = 0; i < keys.length; i++)
      expect(index.find(keys[i], 0, keys[i].length, -1)).toBe(i % 100 === 0 ? entries[i] : -1)
  })
})

describe('canonical label bytes', () => {
  const labelText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }).filter((text) => text.isWellFormed())
  const labels = fc
    .dictionary(labelText, labelText, { maxKeys: 12 })
    .map((record) => sortLabels(Object.entries(record) as [string, string][]))

  it('read back as the labels', () => {
    fc.assert(
      fc.property(labels, (wanted) => {
        expect(labelsOfCanonical(Buffer.from(canonicalLabelBytes(wanted)))).toEqual(wanted)
      }),
      { seed, numRuns: 300 },
    )
  })

  it('are recognised when a sender sent them, where they are short and ASCII', () => {
    const bytes = Buffer.from(
      canonicalLabelBytes([
        ['__name__', 'up'],
        ['job', 'a'],
        ['job2', 'b'],
      ]),
    )
    expect(isCanonicalAscii(bytes, 0, bytes.length)).toBe(true)
  })

  const notCanonical: readonly (readonly [string, Labels])[] = [
    [
      'unsorted',
      [
        ['job', 'a'],
        ['__name__', 'up'],
      ],
    ],
    [
      'repeated name',
      [
        ['job', 'a'],
        ['job', 'b'],
      ],
    ],
    [
      'prefix after the longer name',
      [
        ['job2', 'a'],
        ['job', 'b'],
      ],
    ],
    ['empty value', [['job', '']]],
    ['empty name', [['', 'x']]],
    ['not ASCII', [['job', 'ä']]],
    ['long value', [['job', 'x'.repeat(200)]]],
  ]
  it.each(notCanonical)('are not taken for it: %s', (_name, given) => {
    const bytes = Buffer.from(canonicalLabelBytes(given))
    expect(isCanonicalAscii(bytes, 0, bytes.length)).toBe(false)
  })

  it('never takes random bytes for canonical unless they read back equal', () => {
    const byte = fc.constantFrom(0x0a, 0x12, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x61, 0x62, 0x80, 0xff)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), fc.array(byte, { maxLength: 24 }), (random, likely) => {
        for (const bytes of [random, Uint8Array.from(likely)])
          if (isCanonicalAscii(bytes, 0, bytes.length)) {
            const read = labelsOfCanonical(bytes)
            expect([...canonicalLabelBytes(sortLabels([...read] as [string, string][]))]).toEqual([...bytes])
          }
      }),
      { seed, numRuns: 3000 },
    )
  })
})

describe('SeriesTable', () => {
  let hashes: SeriesHashes
  beforeAll(async () => {
    hashes = await createSeriesHashes()
  })

  const up: Labels = [
    ['__name__', 'up'],
    ['instance', 'a:1'],
    ['job', 'j'],
  ]

  function numbered(i: number): Labels {
    return [
      ['__name__', 'm'],
      ['i', String(i)],
    ]
  }

  it('gives equal labels one ref, and others another', async () => {
    const table = (await createSeriesTables()).of(defaultTenant)
    const ref = table.intern(up)
    expect(table.intern([...up])).toBe(ref)
    expect(table.intern([['__name__', 'up']])).not.toBe(ref)
    expect(table.labels(ref)).toEqual(up)
    expect(table.size).toBe(2)
    expect(table.active).toBe(2)
  })

  it('has the hashes that readers compute from the same labels', async () => {
    const table = (await createSeriesTables()).of(defaultTenant)
    table.intern([
      ['__name__', 'other'],
      ['job', 'x'],
    ])
    const ref = table.intern(up)
    expect([...table.metricHash.subarray(2 * ref, 2 * ref + 2)]).toEqual([...hashes.metric('up')])
    expect([...table.seriesHash.subarray(2 * ref, 2 * ref + 2)]).toEqual([...hashes.series(up)])
    expect(table.target[ref]).toBe(hashes.target('j', 'a:1'))
    // These numbers are stored, and ClickHouse's xxHash64 and xxHash32 give the same: they must never change.
    expect(hashes.metric('up')).toEqual([2_064_092_815, 598_694_433])
    expect(hashes.series(up)).toEqual([4_090_982_860, 2_879_983_430])
    expect(hashes.target('j', 'a:1')).toBe(4_150_412_502)
  })

  it('keeps the columns of a ref when it grows', async () => {
    const table = (await createSeriesTables()).of(defaultTenant)
    for (let i = 0; i < 5000; i++) {
      expect(table.intern(numbered(i))).toBe(i)
      table.writtenDay[i] = i
      table.exponent[i] = i % 100
    }
    for (let i = 0; i < 5000; i++) {
      expect([...table.seriesHash.subarray(2 * i, 2 * i + 2)]).toEqual([...hashes.series(numbered(i))])
      expect(table.writtenDay[i]).toBe(i)
      expect(table.exponent[i]).toBe(i % 100)
    }
  })

  it('finds canonical bytes without remembering, other bytes after it', async () => {
    const table = (await createSeriesTables()).of(defaultTenant)
    const ref = table.intern(up)
    expect(findWhole(table, Buffer.from(canonicalLabelBytes(up)))).toBe(ref)
    const other = Buffer.from(canonicalLabelBytes([...up].reverse()))
    expect(findWhole(table, other)).toBe(-1)
    table.remember(other, 0, other.length, ref)
    expect(findWhole(table, other)).toBe(ref)
  })

  it('finds whatever the order, guessed or not', async () => {
    const table = (await createSeriesTables()).of(defaultTenant)
    const keys = Array.from({ length: 50 }, (_, i) => Buffer.from(canonicalLabelBytes(numbered(i))))
    const refs = keys.map((_key, i) => table.intern(numbered(i)))
    fc.assert(
      fc.property(fc.array(fc.nat(49), { maxLength: 100 }), (order) => {
        let after = -1
        for (const i of order) {
          after = findWhole(table, keys[i], after)
          expect(after).toBe(refs[i])
        }
      }),
      { seed, numRuns: 100 },
    )
  })

  it('stops at the limit of active series, for new ones only', async () => {
    const table = (await createSeriesTables({ maxSeries: 2 })).of(defaultTenant)
    expect([0, 1, 2].map((i) => table.intern(numbered(i)))).toEqual([0, 1, -1])
    expect(table.intern(numbered(1))).toBe(1)
  })

  it('has one table per tenant', async () => {
    const tables = await createSeriesTables()
    expect(tables.of(defaultTenant)).toBe(tables.of(defaultTenant))
    expect(tables.of(systemTenant)).not.toBe(tables.of(defaultTenant))
    tables.of(systemTenant).intern(up)
    expect(tables.of(defaultTenant).size).toBe(0)
    expect(tables.usage().series).toBe(1)
  })

  describe('forgetting', () => {
    const idleSweeps = 10

    it('keeps what is seen, by labels, by bytes, by other bytes or by touch', async () => {
      const tables = await createSeriesTables({ idleSweeps })
      const table = tables.of(defaultTenant)
      const refs = [0, 1, 2, 3, 4].map((i) => table.intern(numbered(i)))
      const canonical = Buffer.from(canonicalLabelBytes(numbered(1)))
      const alias = keyOf('\u0001alias of 2')
      table.remember(alias, 0, alias.length, refs[2])
      for (let i = 0; i < 3 * idleSweeps; i++) {
        expect(table.intern(numbered(0))).toBe(refs[0])
        expect(findWhole(table, canonical)).toBe(refs[1])
        expect(findWhole(table, alias)).toBe(refs[2])
        table.touch(refs[3])
        tables.sweep()
      }
      expect(table.active).toBe(4)
      expect(table.labels(refs[2])).toEqual(numbered(2))
      expect(table.labels(refs[4])).toEqual([])
    })

    it('leaves a ref its labels for as long as a batch may be on its way', async () => {
      const tables = await createSeriesTables({ idleSweeps })
      const table = tables.of(defaultTenant)
      const ref = table.intern(numbered(0))
      for (let i = 0; i < idleSweeps; i++) {
        tables.sweep()
        table.intern(numbered(i + 1))
        expect(table.labels(ref)).toEqual(numbered(0))
        expect(table.generation[ref]).toBe(0)
      }
    })

    it('uses a ref again in another generation, with fresh columns', async () => {
      const tables = await createSeriesTables({ idleSweeps, maxSeries: 1 })
      const table = tables.of(defaultTenant)
      const ref = table.intern(numbered(0))
      const alias = keyOf('\u0001alias')
      table.remember(alias, 0, alias.length, ref)
      table.writtenDay[ref] = 7
      table.exponent[ref] = 127
      for (let i = 0; i <= idleSweeps; i++) tables.sweep()
      expect(table.active).toBe(0)
      expect(findWhole(table, alias)).toBe(-1)
      expect(table.intern(numbered(9))).toBe(ref)
      expect(table.labels(ref)).toEqual(numbered(9))
      expect([table.generation[ref], table.writtenDay[ref], table.exponent[ref]]).toEqual([1, 0, 0])
      expect([...table.seriesHash.subarray(2 * ref, 2 * ref + 2)]).toEqual([...hashes.series(numbered(9))])
    })

    it('does not grow under a churn of series and of encodings', async () => {
      const tables = await createSeriesTables({ idleSweeps })
      const table = tables.of(defaultTenant)
      const sizes: number[] = []
      for (let round = 0; round < 60; round++) {
        for (let i = 0; i < 500; i++) {
          const ref = table.intern([
            ['__name__', 'm'],
            ['pod', `pod-${round}-${i}-${'x'.repeat(100)}`],
          ])
          const alias = keyOf(`\u0001${round}/${i}`)
          table.remember(alias, 0, alias.length, ref)
        }
        const steady = table.intern(numbered(0))
        for (let i = 0; i < 500; i++) {
          const other = keyOf(`\u0001${'x'.repeat(100)}${round}/${i}`)
          table.remember(other, 0, other.length, steady)
        }
        const alias = keyOf(`\u0001steady ${round}`)
        table.remember(alias, 0, alias.length, steady)
        tables.sweep()
        sizes.push(tables.usage().bytes)
      }
      expect(table.active).toBeLessThanOrEqual(500 * (idleSweeps + 1) + 1)
      expect(sizes[59]).toBeLessThan(sizes[20] * 1.3)
    })
  })

  it('remembers no more encodings than the bound, and stays right', async () => {
    const table = (await createSeriesTables()).of(defaultTenant)
    const ref = table.intern(up)
    for (let i = 0; i < 70_000; i++) {
      const alias = keyOf(`\u0001${i}`)
      table.remember(alias, 0, alias.length, ref)
    }
    const late = keyOf('\u000169999')
    expect(findWhole(table, late)).toBe(-1)
    expect(findWhole(table, keyOf('\u00010'))).toBe(ref)
  })
})

describe('keysOf', () => {
  const label = (name: string): Labels => [['__name__', name]]

  it('finds what was remembered, in any order, and tells what usually comes next', async () => {
    const table = (await createSeriesTables()).of(defaultTenant)
    const bytes = keyOf('abc,de,abc,f')
    const ranges = [
      [0, 3],
      [4, 6],
      [11, 12],
    ] as const
    const refs = ranges.map(([start, end]) => table.intern(label(Buffer.from(bytes.subarray(start, end)).toString())))
    const keys = table.keysOf('test')
    ranges.forEach(([start, end], i) => {
      expect(keys.find(bytes, start, end)).toBe(-1)
      keys.remember(bytes, start, end, refs[i])
    })
    const again = table.keysOf('test')
    expect(again.guess(bytes, 0, bytes.length)).toBe(-1)
    expect(again.find(bytes, 7, 10)).toBe(refs[0])
    expect([again.guess(bytes, 4, bytes.length), again.guessEnd]).toEqual([refs[1], 6])
    expect(again.guess(bytes, 4, bytes.length)).toBe(-1)
    expect(table.keysOf('another form').find(bytes, 0, 3)).toBe(-1)
  })

  it('forgets with the series, and keeps series that are found', async () => {
    const tables = await createSeriesTables({ idleSweeps: 10 })
    const table = tables.of(defaultTenant)
    const [seen, unseen] = ['seen', 'unseen'].map((name) => table.intern(label(name)))
    table.keysOf('test').remember(keyOf('seen'), 0, 4, seen)
    table.keysOf('test').remember(keyOf('unseen'), 0, 6, unseen)
    for (let sweep = 0; sweep < 30; sweep++) {
      expect(table.keysOf('test').find(keyOf('seen'), 0, 4)).toBe(seen)
      tables.sweep()
    }
    expect(table.active).toBe(1)
    const other = table.intern(label('other'))
    expect(other).toBe(unseen)
    expect(table.keysOf('test').find(keyOf('unseen'), 0, 6)).toBe(-1)
  })

  it('holds a bounded number of forms and of keys', async () => {
    const table = (await createSeriesTables()).of(defaultTenant)
    const ref = table.intern(label('a'))
    table.keysOf('first').remember(keyOf('a'), 0, 1, ref)
    for (let form = 0; form < 100; form++) table.keysOf(`form ${form}`)
    expect(table.keysOf('first').find(keyOf('a'), 0, 1)).toBe(-1)
    const keys = table.keysOf('many')
    for (let i = 0; i < 70_000; i++) keys.remember(Buffer.from(`key ${i}`), 0, `key ${i}`.length, ref)
    expect(keys.find(keyOf('key 100'), 0, 7)).toBe(ref)
    expect(keys.find(keyOf('key 69999'), 0, 9)).toBe(-1)
  })
})
