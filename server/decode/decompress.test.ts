import { Buffer } from 'node:buffer'
import { constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { Compressor, compressSync } from 'snappy'
import { beforeAll, describe, expect, it } from 'vitest'
import { DecodeError } from '../model/sink.ts'
import { BodyTooLarge, type ContentCoding, decompress } from './decompress.ts'

const seed = 20_261_123

async function snappyFramed(bytes: Uint8Array): Promise<Buffer> {
  // The library writes nothing at all for nothing; a stream has its header at least.
  if (bytes.length === 0) return Buffer.from('ff060000734e61507059', 'hex')
  const compressor = new Compressor()
  return Buffer.concat([compressor.update(bytes), await compressor.finish()])
}

/** zstd with its frames in pieces, a skippable one between them. */
function zstdFrames(bytes: Uint8Array): Buffer {
  const middle = bytes.length >> 1
  const skippable = Buffer.from('5a2a4d1803000000616263', 'hex')
  return Buffer.concat([
    zstdCompressSync(bytes.subarray(0, middle)),
    skippable,
    zstdCompressSync(bytes.subarray(middle)),
  ])
}

const codings: readonly [string, ContentCoding, (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>][] = [
  ['gzip', 'gzip', gzipSync],
  ['gzip under its old name', 'x-gzip', gzipSync],
  ['deflate in zlib', 'deflate', deflateSync],
  ['deflate alone', 'deflate', deflateRawSync],
  ['zstd', 'zstd', zstdCompressSync],
  [
    'zstd with a checksum',
    'zstd',
    (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  ],
  ['zstd of several frames', 'zstd', zstdFrames],
  ['a snappy block', 'snappy', (bytes) => compressSync(Buffer.from(bytes))],
  ['framed snappy', 'x-snappy-framed', snappyFramed],
  ['framed snappy that is called snappy', 'snappy', snappyFramed],
]

describe.each(codings)('decompress: %s', (_name, coding, compress) => {
  const plain = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `line ${i * 7919}\n`).join(''))
  let packed: Uint8Array
  beforeAll(async () => {
    packed = await compress(plain)
  })

  it('gives the bytes back', () => {
    expect(Buffer.from(decompress(packed, coding, { maxBytes: plain.length })).equals(plain)).toBe(true)
  })

  it('gives nothing back for nothing', async () => {
    expect(decompress(await compress(Buffer.alloc(0)), coding, { maxBytes: 0 })).toHaveLength(0)
  })

  it('refuses one byte more than the bound', () => {
    expect(() => decompress(packed, coding, { maxBytes: plain.length - 1 })).toThrow(BodyTooLarge)
  })

  it('refuses a bomb without inflating it', async () => {
    const bomb = await compress(Buffer.alloc(16 * 1024 * 1024))
    const before = process.memoryUsage().arrayBuffers
    expect(() => decompress(bomb, coding, { maxBytes: 1024 })).toThrow(BodyTooLarge)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * 1024 * 1024)
  })

  it('refuses a body that is cut off, anywhere', () => {
    for (const part of [1, 5, 9, packed.length >> 1, packed.length - 1])
      expect(() => decompress(packed.subarray(0, part), coding, { maxBytes: plain.length })).toThrow(DecodeError)
  })

  it('answers damage with bytes or an error of its own', () => {
    const damage = fc.array(fc.tuple(fc.nat({ max: packed.length - 1 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(damage, (list) => {
        const broken = Buffer.from(packed)
        for (const [place, byte] of list) broken[place] = byte
        try {
          expect(decompress(broken, coding, { maxBytes: 1_000_000 }).length).toBeLessThanOrEqual(1_000_000)
        } catch (error) {
          expect(error instanceof DecodeError || error instanceof BodyTooLarge).toBe(true)
        }
      }),
      { seed, numRuns: 100 },
    )
  })
})

describe('decompress', () => {
  it('answers a plain body as it is, up to the bound', () => {
    const body = Buffer.from('abc')
    expect(decompress(body, '', { maxBytes: 3 })).toBe(body)
    expect(decompress(body, 'identity', { maxBytes: 3 })).toBe(body)
    expect(() => decompress(body, '', { maxBytes: 2 })).toThrow(BodyTooLarge)
  })

  it('joins gzip members', () => {
    const body = Buffer.concat([gzipSync('ab'), gzipSync('cd')])
    expect(Buffer.from(decompress(body, 'gzip', { maxBytes: 4 })).toString()).toBe('abcd')
    expect(() => decompress(body, 'gzip', { maxBytes: 3 })).toThrow(BodyTooLarge)
  })

  it.each<[string, ContentCoding, string, RegExp]>([
    ['text', 'gzip', Buffer.from('plain text').toString('hex'), /body is not gzip/],
    ['text', 'deflate', Buffer.from('plain text').toString('hex'), /body is not deflate/],
    ['text', 'zstd', Buffer.from('plain text').toString('hex'), /no frame begins \(at byte 0\)/],
    ['a skippable zstd frame that is cut off', 'zstd', '502a4d180900000061', /cut off/],
    [
      'more zstd frames than may be',
      'zstd',
      zstdCompressSync('').toString('hex').repeat(1_001),
      /more than 1000 zstd frames/,
    ],
    ['a snappy block that claims too much', 'snappy', 'ffff3f00', /4 bytes cannot become 1048575/],
    ['a snappy length without end', 'snappy', 'ffffffffff', /does not begin with a length/],
    ['nothing', 'snappy', '', /does not begin with a length/],
    ['snappy without the header of a stream', 'x-snappy-framed', '0003616263', /lacks the stream header/],
    ['a snappy chunk of an unknown type', 'x-snappy-framed', 'ff060000734e6150705902000000', /unknown type 2/],
    ['a snappy chunk without a checksum', 'x-snappy-framed', 'ff060000734e6150705901030000616263', /no checksum/],
    [
      'a snappy chunk with the checksum of another',
      'x-snappy-framed',
      'ff060000734e61507059010500000000000061',
      /fails its checksum/,
    ],
  ])('refuses %s as %s', (_name, coding, hex, message) => {
    expect(() => decompress(Buffer.from(hex, 'hex'), coding, { maxBytes: 2_000_000 })).toThrow(DecodeError)
    expect(() => decompress(Buffer.from(hex, 'hex'), coding, { maxBytes: 2_000_000 })).toThrow(message)
  })
})

describe('a snappy block', () => {
  it('is what was compressed, however long and far apart its repeats are', () => {
    const piece = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.integer({ min: 1, max: 400 }))
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.uint8Array({ maxLength: 70_000, size: 'max' }),
        (pieces, noise) => {
          const repeats = pieces.flatMap(([bytes, count]) => Array.from({ length: count }, () => bytes))
          const plain = Buffer.concat([...repeats, noise, ...repeats.slice(0, 50)])
          const packed = compressSync(plain)
          expect(Buffer.from(decompress(packed, 'snappy', { maxBytes: plain.length })).equals(plain)).toBe(true)
        },
      ),
      { seed, numRuns: 60 },
    )
  })

  // Forms that the library does not write for such input: a length in three bytes, a distance in four.
  it.each([
    [
      'a long literal',
      Buffer.concat([Buffer.from('a08d06f89f8601', 'hex'), Buffer.alloc(100_000, 'x')]),
      'x'.repeat(100_000),
    ],
    ['a far copy', Buffer.from('0c086162632303000000', 'hex'), 'abcabcabcabc'],
  ])('may hold %s', (_name, packed, text) => {
    expect(Buffer.from(decompress(packed, 'snappy', { maxBytes: text.length })).toString()).toBe(text)
  })
})
