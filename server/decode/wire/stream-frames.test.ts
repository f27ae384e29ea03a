import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameSplitter } from './stream-frames.ts'

const seed = 20_261_123

/** What comes out of bytes that arrive in these pieces, and at the end. */
function split(pieces: readonly (string | Buffer)[], { maxBytes = 100, octetCounted = true } = {}) {
  const splitter = new FrameSplitter({ maxBytes, octetCounted })
  const messages: string[] = []
  let tooLong = 0
  for (const piece of pieces) {
    const frames = splitter.push(Buffer.from(piece as string))
    messages.push(...frames.messages.map(String))
    tooLong += frames.tooLong
    expect(splitter.heldBytes).toBeLessThanOrEqual(maxBytes + 12)
  }
  const rest = splitter.end()
  if (rest !== null) messages.push(String(rest))
  return { messages, tooLong }
}

describe('FrameSplitter', () => {
  it.each<[string, string, string[]]>([
    ['lines', '<1>a\n<2>b\n', ['<1>a', '<2>b']],
    ['a last line without an end', '<1>a\n<2>b', ['<1>a', '<2>b']],
    ['carriage returns and NULs before the line feed', '<1>a\r\n<2>b\0\n', ['<1>a', '<2>b']],
    ['empty lines', '\n\r\n<1>a\n\n', ['<1>a']],
    ['counted messages', '4 <1>a5 <2>bc', ['<1>a', '<2>bc']],
    ['counted messages with line feeds inside', '7 <1>a\nb\n4 <2>c', ['<1>a\nb', '<2>c']],
    ['counted messages with a line feed behind', '4 <1>a\n4 <2>b\n', ['<1>a', '<2>b']],
    ['both kinds on one connection', '4 <1>a<2>b\n5 <3>cd', ['<1>a', '<2>b', '<3>cd']],
    ['lines that begin with a number', '12 monkeys\n007 <1>\n4711\n', ['12 monkeys', '007 <1>', '4711']],
    ['a number too long for a length', '12345678901 <1>a\n', ['12345678901 <1>a']],
    ['a counted message cut off by the end', '9 <1>ab', ['<1>ab']],
    ['a length cut off by the end', '12', ['12']],
  ])('cuts %s, whatever the pieces are', (_name, text, messages) => {
    expect(split([text]).messages).toEqual(messages)
    expect(split([...text]).messages).toEqual(messages)
    for (let at = 1; at < text.length; at++)
      expect(split([text.slice(0, at), text.slice(at)]).messages).toEqual(messages)
  })

  it('takes lines only where no lengths are expected', () => {
    expect(split(['4 <1>a\n'], { octetCounted: false }).messages).toEqual(['4 <1>a'])
  })

  it.each([
    ['a line', `${'x'.repeat(101)}\n<1>a\n`],
    ['a line at the end', `<1>a\n${'x'.repeat(101)}`],
    ['a counted message', `104 <1>${'x'.repeat(101)}4 <1>a`],
    ['a length beyond all bounds', `4 <1>a999999999 <1>${'x'.repeat(500)}`],
  ])('passes over and counts %s that is too long, and goes on', (_name, text) => {
    expect(split([text])).toEqual({ messages: ['<1>a'], tooLong: 1 })
    expect(split([...text])).toEqual({ messages: ['<1>a'], tooLong: 1 })
  })

  it('gives the same messages however any bytes are cut into pieces', () => {
    const piece = fc.oneof(
      fc.constantFrom('<13>', '\n', '\r', '\0', '4 <', '12 <1>', ' ', '5', '0'),
      fc.string({ maxLength: 12 }),
    )
    const text = fc.array(piece, { maxLength: 20 }).map((pieces) => Buffer.from(pieces.join('')))
    fc.assert(
      fc.property(text, fc.array(fc.nat(40), { maxLength: 10 }), (bytes, cuts) => {
        const sorted = cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b)
        const pieces = [...sorted, bytes.length].map((end, i) => bytes.subarray(sorted[i - 1] ?? 0, end))
        expect(split(pieces, { maxBytes: 16 })).toEqual(split([bytes], { maxBytes: 16 }))
      }),
      { seed, numRuns: 3000 },
    )
  })
})
