import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TraceHeatmap } from '../../../contract/index.ts'
import { countIn, drawnRows, readBox, slowestTenth, writeBox } from './selection.ts'

const map: TraceHeatmap = {
  ...{ time_range: { start: '', end: '' }, first_column: '2026-11-23T13:00:00Z', step_seconds: 60, columns: 60 },
  ...{ per_decade: 8, total: 110, errors: 5 },
  cells: [
    [0, 40, 60, 0],
    [1, 41, 40, 0],
    [50, 50, 10, 5],
  ],
}
const startMs = Date.parse('2026-11-23T13:00:00Z')
const whole = { fromMs: startMs, toMs: startMs + 3_600_000 }

describe('a box in the heatmap', () => {
  it('stands in the address as people read it', () => {
    const box = { fromMs: 1795438440000, toMs: 1795439880000, least: 1_300_000, most: 4_200_000 }
    expect(writeBox(box)).toBe('box:1795438440,1795439880,1.3s,4.2s')
    expect(readBox('box:1795438440,1795439880,1.3s,4.2s')).toEqual(box)
    expect(readBox('box:1,2,,')).toEqual({ fromMs: 1000, toMs: 2000, least: 0, most: null })
    for (const text of ['box:2,1,,', 'box:1,2,4s,1s', 'box:1,2', 'line:1', 'box:1,2,x,'])
      expect(readBox(text)).toBeNull()
  })

  it('comes back from the address nearly as it was', () => {
    const micros = fc.integer({ min: 1, max: 1e9 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2e9 }), fc.integer({ min: 1, max: 1e5 }), micros, (from, length, least) => {
        const box = { fromMs: from * 1000, toMs: (from + length) * 1000, least, most: least * 2 }
        const read = readBox(writeBox(box))!
        expect(read).toMatchObject({ fromMs: box.fromMs, toMs: box.toMs })
        expect(Math.abs(read.least - least) / least).toBeLessThan(0.001)
      }),
      { seed: 5, numRuns: 300 },
    )
  })

  it('counts what lies in it', () => {
    expect(countIn(map, { ...whole, least: 0, most: null })).toBe(110)
    expect(countIn(map, { ...whole, least: 1_000_000, most: null })).toBe(10)
    expect(drawnRows(map)).toEqual([36, 52])
    expect(countIn(map, slowestTenth(map, whole))).toBe(50)
  })
})
