import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { halvesOf, LineBlockSplitter } from './line-blocks.ts'

const seed = 20_261_123
/** Line ends, and lines about as long as they may be. */
const texts = fc
  .array(fc.constantFrom('', 'a', 'bcd', '1234567', '12345678', '123456789', 'x'.repeat(30)), { maxLength: 12 })
  .map((lines) => lines.join('\n'))
const cuts = fc.array(fc.nat(60), { maxLength: 6 })

function linesOf(blocks: readonly Buffer[]): string[] {
  return blocks.flatMap((block) => block.toString().split('\n')).filter((line) => line !== '')
}

describe('LineBlockSplitter', () => {
  it('finds the same lines however the stream is cut, and passes over those that are too long', () => {
    fc.assert(
      fc.property(texts, cuts, (text, places) => {
        const splitter = new LineBlockSplitter(8)
        const bytes = Buffer.from(text)
        const ends = [...places.filter((place) => place < bytes.length), bytes.length].sort((a, b) => a - b)
        const blocks: Buffer[] = []
        let start = 0
        let tooLong = 0
        for (const end of ends) {
          const found = splitter.push(bytes.subarray(start, end))
          blocks.push(...found.blocks)
          tooLong += found.tooLong
          start = end
        }
        const rest = splitter.end()
        if (rest !== null) blocks.push(rest)
        const lines = text.split('\n').filter((line) => line !== '')
        expect(linesOf(blocks)).toEqual(lines.filter((line) => line.length <= 8))
        expect(tooLong).toBe(lines.filter((line) => line.length > 8).length)
      }),
      { seed, numRuns: 2_000 },
    )
  })

  it('makes one block of the lines of a piece', () => {
    const splitter = new LineBlockSplitter(100)
    expect(splitter.push(Buffer.from('a\nb\nc')).blocks.map(String)).toEqual(['a\nb\n'])
    expect(splitter.push(Buffer.from('d\ne\nf\n')).blocks.map(String)).toEqual(['cd\n', 'e\nf\n'])
    expect(splitter.end()).toBe(null)
  })
})

describe('halvesOf', () => {
  it('cuts behind a line end, so that single lines are left in the end', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const lines: string[] = []
        const cut = (block: Buffer): void => {
          const halves = halvesOf(block)
          if (halves === null) lines.push(block.toString())
          else for (const half of halves) cut(half)
        }
        cut(Buffer.from(text))
        expect(lines.join('')).toBe(text)
        for (const line of lines) expect(line.slice(0, -1)).not.toContain('\n')
      }),
      { seed, numRuns: 500 },
    )
  })
})
