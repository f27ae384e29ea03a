import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AttributesBuilder, doubleText } from './attributes-builder.ts'
import { attributesAt } from './batch-rows-suite.ts'
import { ByteInterner } from './byte-interner.ts'
import { BytesBuilder, DictionaryBuilder, FixedBytesBuilder, Uint8Builder, Uint32Builder } from './column-builders.ts'

const seed = 20_261_123
const bytes = (text: string) => Buffer.from(text, 'utf8')
const strings = fc.array(fc.string({ unit: 'binary', maxLength: 80 }), { maxLength: 300 })

describe('number builders', () => {
  it('keep what was added across growth, and can be cut back', () => {
    const [small, large, pairs, ids] = [
      new Uint8Builder(2),
      new Uint32Builder(2),
      new Uint32Builder(2),
      new FixedBytesBuilder(3, 2),
    ]
    for (let i = 0; i < 1_000; i++) {
      small.add(i)
      large.add(i * 1_000_003)
      pairs.addPair(i, -1)
      if (i % 2 === 0) ids.add(Uint8Array.of(9, i, i + 1, i + 2), 1)
      else ids.addZero()
    }
    small.truncate(999)
    large.truncate(999)
    pairs.truncate(4)
    ids.truncate(3)
    expect(small.finish()).toEqual(Uint8Array.from({ length: 999 }, (_, i) => i))
    expect(large.finish()).toEqual(Uint32Array.from({ length: 999 }, (_, i) => i * 1_000_003))
    expect([...pairs.finish()]).toEqual([0, 0xffff_ffff, 1, 0xffff_ffff])
    expect([...ids.finish()]).toEqual([0, 1, 2, 0, 0, 0, 2, 3, 4])
  })

  it('a zero after a cut is zero', () => {
    const ids = new FixedBytesBuilder(2)
    ids.add(Uint8Array.of(7, 7), 0)
    ids.truncate(0)
    ids.addZero()
    expect([...ids.finish()]).toEqual([0, 0])
  })
})

describe('BytesBuilder', () => {
  it('lays strings end to end, from bytes and from text', () => {
    fc.assert(
      fc.property(strings, (texts) => {
        const builder = new BytesBuilder(1, 1)
        for (const [i, text] of texts.entries())
          if (i % 3 === 0) builder.addText(text)
          else if (i % 3 === 1) builder.add(bytes(`<${text}>`), 1, 1 + bytes(text).length)
          else builder.add(new Uint8Array(bytes(text)), 0, bytes(text).length)
        const { data, offsets } = builder.finish()
        const found = texts.map((_, i) => Buffer.from(data.subarray(offsets[i], offsets[i + 1])).toString())
        expect(found).toEqual(texts)
        expect([offsets[0], offsets.length, offsets.at(-1)]).toEqual([0, texts.length + 1, data.length])
      }),
      { seed, numRuns: 100 },
    )
  })

  it('writes 64-bit integers in decimal', () => {
    const known = [
      0n,
      9n,
      10n,
      -1n,
      99n,
      100n,
      2n ** 31n - 1n,
      2n ** 31n,
      -(2n ** 31n),
      -(2n ** 31n) - 1n,
      2n ** 63n - 1n,
      -(2n ** 63n),
    ]
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
        fc.array(fc.integer()),
        (large, small) => {
          const numbers = [...known, ...large, ...small.map(BigInt)]
          const builder = new BytesBuilder(1)
          for (const number of numbers) builder.addDecimal(Number(number & 0xffff_ffffn) | 0, Number(number >> 32n))
          expect(numbers.map((_, i) => builder.view(i).toString())).toEqual(numbers.map(String))
        },
      ),
      { seed, numRuns: 100 },
    )
  })
})

describe('DictionaryBuilder and ByteInterner', () => {
  it('number distinct strings from 0, which is the empty one', () => {
    fc.assert(
      fc.property(strings, fc.nat(), (some, pick) => {
        // Runs of the same strings, as senders repeat them, and others in between.
        const texts = [...some, ...some, ...some.filter((_, i) => (i * pick) % 3 === 0), ...some]
        const column = new DictionaryBuilder()
        for (const [i, text] of texts.entries())
          if (i % 2 === 0) column.add(bytes(text), 0, bytes(text).length)
          else column.addText(text)
        column.addEmpty()
        const { values, indexes } = column.finish()
        expect(values[0]).toBe('')
        expect(new Set(values).size).toBe(values.length)
        expect([...indexes].map((index) => values[index])).toEqual([...texts, ''])
      }),
      { seed, numRuns: 100 },
    )
  })

  it('gives strings one number that are equal once their invalid UTF-8 is replaced', () => {
    const interner = new ByteInterner()
    const numbers = ['61ff', '61fe', '61efbfbd', '61'].map((hex) =>
      interner.intern(Buffer.from(hex, 'hex'), 0, hex.length / 2),
    )
    expect(numbers).toEqual([1, 1, 1, 2])
    expect(interner.values).toEqual(['', 'a\ufffd', 'a'])
  })

  it('holds very many strings', () => {
    const interner = new ByteInterner()
    const number = (i: number) => interner.internText(`key number ${i}`)
    const first = Array.from({ length: 20_000 }, (_, i) => number(i))
    expect(first).toEqual(Array.from({ length: 20_000 }, (_, i) => i + 1))
    expect([number(19_999), number(0), number(12_345)]).toEqual([20_000, 1, 12_346])
  })
})

describe('AttributesBuilder', () => {
  const add = (builder: AttributesBuilder, key: string, value: string) => {
    builder.key(bytes(key), 0, bytes(key).length)
    builder.string(bytes(value), 0, bytes(value).length)
  }

  it('keeps each key of a row once, at its first place with its last value', () => {
    const rows = fc.array(fc.array(fc.tuple(fc.constantFrom('', 'a', 'b', 'c', 'ä'), fc.string()), { maxLength: 6 }), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(rows, (sent) => {
        const builder = new AttributesBuilder()
        for (const row of sent) {
          for (const [key, value] of row) add(builder, key, value)
          builder.endRow()
        }
        const column = builder.finish()
        expect(sent.map((_, i) => attributesAt(column, i))).toEqual(
          sent.map((row) => [...new Map(row)].map(([key, value]) => [key, 's', value])),
        )
      }),
      { seed, numRuns: 200 },
    )
  })

  it('writes every type in its text form', () => {
    const builder = new AttributesBuilder()
    const key = (name: string) => builder.keyText(name)
    key('i')
    builder.integer(-5, -1)
    key('d')
    builder.double(1e21)
    key('b')
    builder.boolean(false)
    key('n')
    builder.none()
    key('a')
    builder.text('a', '[1]')
    builder.endRow()
    expect(attributesAt(builder.finish(), 0)).toEqual([
      ['i', 'i', '-5'],
      ['d', 'd', '1e+21'],
      ['b', 'b', 'false'],
      ['n', 'n', ''],
      ['a', 'a', '[1]'],
    ])
  })

  it('takes rows back, the one begun and those ended', () => {
    const builder = new AttributesBuilder()
    add(builder, 'a', '1')
    builder.endRow()
    add(builder, 'a', '2')
    builder.endRow()
    add(builder, 'a', '3')
    add(builder, 'a', '4')
    builder.truncate(1)
    add(builder, 'b', '5')
    builder.abandonRow()
    add(builder, 'a', '6')
    builder.endRow()
    const column = builder.finish()
    expect([0, 1].map((row) => attributesAt(column, row))).toEqual([[['a', 's', '1']], [['a', 's', '6']]])
    expect(column.offsets.length).toBe(3)
  })

  it('takes rows of many entries', () => {
    const builder = new AttributesBuilder()
    const keys = Array.from({ length: 5_000 }, (_, i) => `key${i}`)
    for (const key of keys) add(builder, key, key)
    builder.endRow()
    expect(attributesAt(builder.finish(), 0)).toEqual(keys.map((key) => [key, 's', key]))
  })

  it.each([
    ['an invalid byte', ['ff'], ['\ufffd']],
    ['characters cut in two between values', ['c3', 'a9'], ['\ufffd', '\ufffd']],
    ['a valid value beside an invalid one', ['c3a9', '80', ''], ['é', '\ufffd', '']],
    ['a surrogate written as UTF-8', ['eda080'], ['\ufffd\ufffd\ufffd']],
    ['valid text of all lengths', ['f09f9880', 'e282ac', 'c3a9', '41'], ['😀', '€', 'é', 'A']],
  ])('mends %s', (_name, sent, expected) => {
    const builder = new AttributesBuilder()
    for (const hex of sent) {
      builder.keyText('k')
      builder.string(Buffer.from(hex, 'hex'), 0, hex.length / 2)
      builder.endRow()
    }
    const column = builder.finish()
    expect(sent.flatMap((_, i) => attributesAt(column, i).map(([, , value]) => value))).toEqual(expected)
  })

  it('writes doubles so that they read back equal', () => {
    expect([-0, Number.NaN, Number.NEGATIVE_INFINITY, 5e-324].map(doubleText)).toEqual([
      '-0',
      'NaN',
      '-Infinity',
      '5e-324',
    ])
  })
})
