import { Buffer } from 'node:buffer'
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../model/sink.ts'
import { ProtobufReader } from './protobuf-reader.ts'

const seed = 20_261_123
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

const reader = (hex: string) => new ProtobufReader(Buffer.from(hex, 'hex'))

function unsignedWords({ low, high }: ProtobufReader): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

describe('ProtobufReader', () => {
  it('reads the numbers that protobuf-es writes', () => {
    fc.assert(
      fc.property(uint64, int64, fc.double(), fc.integer(), (unsigned, signed, double, small) => {
        const writer = new BinaryWriter().uint64(unsigned).int64(signed).sint64(signed).fixed64(unsigned)
        const read = new ProtobufReader(writer.double(double).int32(small).sint32(small).sfixed32(small).finish())
        read.varint()
        expect(unsignedWords(read)).toBe(unsigned)
        read.varint()
        expect(BigInt.asIntN(64, unsignedWords(read))).toBe(signed)
        read.zigzag()
        expect(BigInt.asIntN(64, unsignedWords(read))).toBe(signed)
        read.fixed64()
        expect(unsignedWords(read)).toBe(unsigned)
        expect(read.double()).toBe(double)
        expect(read.int32()).toBe(small)
        expect(read.zigzag()).toBe(small)
        expect(read.fixed32()).toBe(small)
        expect(read.position).toBe(read.end)
      }),
      { seed, numRuns: 500 },
    )
  })

  it('tells words as numbers, signed and unsigned', () => {
    const read = reader('ffffffffffffffffff01')
    read.varint()
    expect([read.low, read.high, read.signed(), read.unsigned()]).toEqual([-1, -1, -1, 2 ** 64])
  })

  it('reads messages within messages and stays within them', () => {
    const read = reader('0a040a02686908ff01')
    expect(read.tag()).toBe(0x0a)
    const outer = read.enter()
    expect(read.tag()).toBe(0x0a)
    expect(read.text()).toBe('hi')
    read.leave(outer)
    expect([read.tag(), read.uint32(), read.position]).toEqual([0x08, 255, 9])
  })

  it('leaves a message from its middle', () => {
    const read = reader('0a0208011001')
    read.tag()
    read.leave(read.enter())
    expect(read.tag()).toBe(0x10)
  })

  it('mends invalid UTF-8 and keeps a byte order mark', () => {
    expect(reader('03c32861').text()).toBe('\ufffd(a')
    expect(reader('03efbbbf').text()).toBe('\ufeff')
  })

  it.each([
    ['a varint', '2a05', 0x28],
    ['8 bytes', '0000000000000000', 0x29],
    ['a range', '03010203', 0x2a],
    ['a group with a group', '0801130801142c', 0x2b],
    ['4 bytes', '00000000', 0x2d],
  ])('skips %s', (_name, hex, tag) => {
    const read = reader(`${Buffer.from([tag]).toString('hex')}${hex}`)
    read.tag()
    read.skip()
    expect(read.position).toBe(tag === 0x28 ? 2 : read.end)
  })

  it.each([
    ['a varint that is cut off', '80', /varint is cut off \(at byte 0\)/, 'varint'],
    ['a varint with nothing', '', /varint is cut off/, 'varint'],
    ['a varint of 11 bytes', 'ffffffffffffffffffff01', /more than 64 bits/, 'varint'],
    ['a varint of 10 bytes beyond 64 bits', 'ffffffffffffffffff02', /more than 64 bits/, 'varint'],
    ['8 bytes that are 7', '00000000000000', /8-byte number is cut off/, 'fixed64'],
    ['4 bytes that are 3', '000000', /4-byte number is cut off/, 'fixed32'],
    ['a length one byte past the end', '0201', /length 2 runs past/, 'rangeEnd'],
    ['a length past the end', '0401', /length 4 runs past the end of the message, 1 bytes are left/, 'rangeEnd'],
    ['a length of 2^31', '8080808008', /length 2147483648 runs past/, 'rangeEnd'],
    ['a length of 2^32 and 1', '818080801000', /length 4294967297 runs past/, 'rangeEnd'],
    ['a length of -1', 'ffffffffffffffffff01', /runs past/, 'rangeEnd'],
    ['field number 0', '00', /field number is not in 1 to 536870911/, 'tag'],
    ['a tag beyond 32 bits', '808080808001', /field number/, 'tag'],
  ] as const)('refuses %s', (_name, hex, message, method) => {
    expect(() => reader(hex)[method]()).toThrow(DecodeError)
    expect(() => reader(hex)[method]()).toThrow(message)
  })

  it.each([
    ['a group without an end', '2b', /group 5 has no end/],
    ['a group with the end of another', '2b34', /group 5 is ended by 6/],
    ['an end without a group', '2c', /wire type 4 of field 5/],
    ['wire type 6', '2e', /wire type 6/],
    ['groups 33 deep', '2b'.repeat(34), /deeper than 32/],
  ])('does not skip %s', (_name, hex, message) => {
    const read = reader(hex)
    read.tag()
    expect(() => read.skip()).toThrow(message)
  })

  it('skips what protobuf-es skips, and stops where it stops', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const ours = new ProtobufReader(bytes)
        const theirs = new BinaryReader(bytes)
        try {
          while (ours.position < ours.end) {
            ours.tag()
            ours.skip()
            const [field, type] = theirs.tag()
            theirs.skip(type, field)
            expect(theirs.pos).toBe(ours.position)
          }
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { seed, numRuns: 2_000 },
    )
  })
})
