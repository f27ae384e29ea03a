import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../model/sink.ts'
import { MsgpackExtension, MsgpackReader, MsgpackScanner, type MsgpackValue } from './msgpack-reader.ts'
import { packed } from './msgpack-writer.ts'

const seed = 20_261_123

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const decoded = (hex: string): MsgpackValue => new MsgpackReader(bytesOf(hex)).value()

describe('MsgpackReader', () => {
  // Heads as the specification draws them, byte by byte.
  it.each<[string, string, unknown]>([
    ['nil', 'c0', null],
    ['booleans', '92 c2 c3', [false, true]],
    ['positive fixint', '7f', 127],
    ['negative fixint', 'e0', -32],
    ['uint 8', 'cc ff', 255],
    ['uint 16', 'cd ff ff', 65_535],
    ['uint 32', 'ce ff ff ff ff', 4_294_967_295],
    ['uint 64', 'cf ff ff ff ff ff ff ff ff', 18_446_744_073_709_551_615n],
    ['a uint 64 that a number holds', 'cf 00 00 00 00 00 00 00 05', 5],
    ['int 8', 'd0 80', -128],
    ['int 16', 'd1 80 00', -32_768],
    ['int 32', 'd2 80 00 00 00', -2_147_483_648],
    ['int 64', 'd3 80 00 00 00 00 00 00 00', -9_223_372_036_854_775_808n],
    ['float 32', 'ca 3f c0 00 00', 1.5],
    ['float 64', 'cb 3f f8 00 00 00 00 00 00', 1.5],
    ['fixstr', 'a3 61 62 63', 'abc'],
    ['str 8', 'd9 03 61 62 63', 'abc'],
    ['str 16', 'da 00 03 61 62 63', 'abc'],
    ['str 32', 'db 00 00 00 03 61 62 63', 'abc'],
    ['bin 8', 'c4 02 01 02', Buffer.from([1, 2])],
    ['bin 16', 'c5 00 02 01 02', Buffer.from([1, 2])],
    ['bin 32', 'c6 00 00 00 02 01 02', Buffer.from([1, 2])],
    ['array 16', 'dc 00 02 01 02', [1, 2]],
    ['array 32', 'dd 00 00 00 02 01 02', [1, 2]],
    ['fixmap', '81 a1 61 01', { a: 1 }],
    ['map 16', 'de 00 01 a1 61 01', { a: 1 }],
    ['map 32', 'df 00 00 00 01 a1 61 01', { a: 1 }],
    ['keys that are no strings', '82 01 02 c4 01 61 03', { 1: 2, a: 3 }],
    ['fixext 1', 'd4 05 01', new MsgpackExtension(5, Buffer.from([1]))],
    ['fixext 8', 'd7 00 01 02 03 04 05 06 07 08', new MsgpackExtension(0, bytesOf('0102030405060708'))],
    ['ext 8', 'c7 03 ff 01 02 03', new MsgpackExtension(-1, bytesOf('010203'))],
    ['ext 16', 'c8 00 01 01 09', new MsgpackExtension(1, bytesOf('09'))],
    ['ext 32', 'c9 00 00 00 01 01 09', new MsgpackExtension(1, bytesOf('09'))],
  ])('reads %s', (_name, hex, expected) => {
    expect(decoded(hex)).toEqual(expected)
    expect(new MsgpackScanner().scan(bytesOf(hex))).toBe(bytesOf(hex).length)
    const reader = new MsgpackReader(bytesOf(`${hex} c0`))
    reader.skip()
    expect(reader.position).toBe(bytesOf(hex).length)
  })

  it.each([
    ['a string longer than the bytes', 'd9 05 61', /length 5 runs past the end, 1 bytes are left \(at byte 2\)/],
    ['a head that is cut off', 'cd 01', /cut off/],
    ['nothing', '', /cut off/],
    ['an array of more entries than bytes', 'dd ff ff ff ff', /4294967295 entries cannot stand in 0 bytes/],
    ['a map of more entries than bytes', 'df 00 00 00 02 01 02', /2 entries cannot stand in 2 bytes/],
    ['the reserved byte', '91 c1', /0xc1 begins no value \(at byte 1\)/],
    ['arrays within arrays', '91'.repeat(70), /nested deeper than 64/],
  ])('refuses %s', (_name, hex, message) => {
    expect(() => decoded(hex)).toThrow(DecodeError)
    expect(() => decoded(hex)).toThrow(message)
  })

  it('says what was expected and what was found', () => {
    expect(() => new MsgpackReader(bytesOf('01')).text()).toThrow('string expected, found integer (at byte 0)')
    expect(() => new MsgpackReader(bytesOf('')).array()).toThrow('array expected, found the end (at byte 0)')
  })

  it('takes a key __proto__ for a key', () => {
    const value = new MsgpackReader(packed(JSON.parse('{"__proto__":{"x":1}}'))).value()
    expect(Object.keys(value as object)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it('takes a list or map for a key as JSON, but none within another, whose text would double with each level', () => {
    expect(decoded('81 91 a1 61 01')).toEqual({ '["a"]': 1 })
    expect(decoded('81 81 01 02 03')).toEqual({ '{"1":2}': 3 })
    const deep = Buffer.concat([Buffer.alloc(28, 0x81), Buffer.alloc(29, 0xc0)])
    expect(() => new MsgpackReader(deep).value()).toThrow('a list or map is a key within a key (at byte 2)')
  })

  const leaf = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 60n, max: 2n ** 64n - 1n }),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  )
  const tree = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value')),
      fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value'), { noNullPrototype: true }),
    ),
  })).value

  it('reads what was written', () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(new MsgpackReader(packed(value)).value()).toEqual(value)
      }),
      { seed, numRuns: 500 },
    )
  })

  it('finds the end of a value whatever pieces it comes in', () => {
    fc.assert(
      fc.property(tree, fc.array(fc.integer({ min: 0, max: 60 })), (value, cuts) => {
        const bytes = packed(value)
        const scanner = new MsgpackScanner()
        let length = 0
        for (const cut of cuts) {
          length = Math.min(bytes.length - 1, length + cut)
          expect(scanner.scan(bytes.subarray(0, length))).toBe(-1)
          expect(scanner.leastBytes).toBeLessThanOrEqual(bytes.length)
        }
        expect(scanner.scan(Buffer.concat([bytes, Buffer.from([0xc0])]))).toBe(bytes.length)
      }),
      { seed, numRuns: 300 },
    )
  })

  it('answers damaged bytes with a value or a DecodeError, and scanner and reader agree', () => {
    const good = packed([
      { a: [1, 'two', new MsgpackExtension(0, Buffer.alloc(8))] },
      1.5,
      'x'.repeat(40),
      Buffer.alloc(300),
    ])
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
        const bytes = Buffer.from(good)
        for (const [at, byte] of changes) bytes[at] = byte
        const reader = new MsgpackReader(bytes)
        try {
          reader.value()
          expect(new MsgpackScanner().scan(bytes)).toBe(reader.position)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { seed, numRuns: 5000 },
    )
  })
})
