import type uPlot from 'uplot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linePaths } from './line-paths.ts'

/** Writes down what a canvas would draw: `M` moves, `L` draws, `Z` closes. */
class WrittenPath {
  words: string[] = []
  moveTo(x: number, y: number) {
    this.words.push(`M${x},${y}`)
  }
  lineTo(x: number, y: number) {
    this.words.push(`L${x},${y}`)
  }
  closePath() {
    this.words.push('Z')
  }
}

const before = globalThis.Path2D
beforeAll(() => {
  globalThis.Path2D = WrittenPath as never
})
afterAll(() => {
  globalThis.Path2D = before
})

/** A plot of 100 × 100 pixels for times 0 to 100 and values 0 to 100; 100 lies at the top. */
function drawn(points: readonly (readonly [number, number | null | undefined])[], fill?: string) {
  const plot = {
    bbox: { left: 0, top: 0, width: 100, height: 100 },
    scales: { x: { min: 0, max: 100 }, y: { min: 0, max: 100 } },
    data: [points.map(([time]) => time), points.map(([, value]) => value)],
    series: [{}, { fill }],
  } as unknown as uPlot
  const { stroke, fill: area } = linePaths(plot, 1, 0, points.length - 1) as {
    stroke: unknown
    fill: WrittenPath | null
  }
  return { line: (stroke as WrittenPath).words.join(' '), area: area?.words.join(' ') ?? null }
}

describe('the line of a series', () => {
  it('goes from point to point', () => {
    expect(
      drawn([
        [0, 0],
        [50, 100],
        [100, 40],
      ]),
    ).toEqual({ line: 'M0,100 L50,0 L100,60', area: null })
  })

  it('has a gap where nothing is', () => {
    expect(
      drawn([
        [0, 10],
        [10, 10],
        [20, null],
        [30, 20],
        [40, 20],
      ]).line,
    ).toBe('M0,90 L10,90 M30,80 L40,80')
    expect(
      drawn([
        [0, undefined],
        [10, 10],
        [20, 10],
      ]).line,
    ).toBe('M10,90 L20,90')
    expect(drawn([[0, null]]).line).toBe('')
  })

  it('shows a point without neighbours', () => {
    expect(
      drawn([
        [0, null],
        [50, 50],
        [100, null],
      ]).line,
    ).toBe('M48,50 L52,50')
  })

  it('draws the extremes of each column of pixels where points are dense', () => {
    const points = Array.from({ length: 1001 }, (_, at): [number, number] => [at / 10, at % 10 === 2 ? 90 : 10])
    const { line } = drawn(points)
    expect(line.split(' ').length).toBeLessThan(450)
    expect(line).toContain('L50,90 L50,90 L50,10 L50,90')
  })

  it('fills down to zero, each part for itself', () => {
    expect(
      drawn(
        [
          [0, 10],
          [10, 20],
          [20, null],
          [30, 20],
          [40, 20],
        ],
        'red',
      ).area,
    ).toBe('M0,100 L0,90 L10,80 L10,100 Z M30,100 L30,80 L40,80 L40,100 Z')
  })
})
