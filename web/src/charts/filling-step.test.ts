import type uPlot from 'uplot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fillingPlugin, wholePaths } from './filling-step.ts'
import type { ChartData, Series } from './series.ts'

/** Writes down what a path holds: `M` moves, `L` draws, `Z` closes. */
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

/** A canvas that writes down with which strength and colour each path is drawn. */
class WrittenCanvas {
  drawn: string[] = []
  globalAlpha = 1
  strokeStyle = ''
  fillStyle = ''
  lineWidth = 0
  dash: number[] = []
  save() {}
  restore() {
    this.globalAlpha = 1
  }
  beginPath() {}
  rect() {}
  clip() {}
  translate() {}
  setLineDash(dash: number[]) {
    this.dash = dash
  }
  stroke(path: unknown) {
    this.drawn.push(`${this.strokeStyle} ${this.globalAlpha}: ${(path as WrittenPath).words.join(' ')}`)
  }
  fill(path: unknown) {
    this.drawn.push(`${this.fillStyle} ${this.globalAlpha}: ${(path as WrittenPath).words.join(' ')}`)
  }
}

const before = { path: globalThis.Path2D, ratio: globalThis.devicePixelRatio }
beforeAll(() => {
  globalThis.Path2D = WrittenPath as never
  globalThis.devicePixelRatio = 1
})
afterAll(() => {
  globalThis.Path2D = before.path
  globalThis.devicePixelRatio = before.ratio
})

/** One line over times 0, 25, 50, 75 in a plot of 100 × 100 pixels: its whole part, and what is drawn faint. */
function drawn(values: readonly (number | null)[], more: Partial<ChartData> & { series1?: Partial<Series> } = {}) {
  const { series1, ...data } = more
  const times = values.map((_, at) => at * 25)
  const canvas = new WrittenCanvas()
  const plot = {
    bbox: { left: 0, top: 0, width: 100, height: 100 },
    scales: { x: { min: 0, max: 100 }, y: { min: 0, max: 100 } },
    data: [times, values],
    series: [{}, { width: 1.5, stroke: () => 'blue', ...(series1?.isFilled ? { fill: () => 'pale' } : {}) }],
    ctx: canvas,
  } as unknown as uPlot
  const shown = (): ChartData => ({
    ...{ times, unit: 'count', span: { fromMs: 0, toMs: 100 } },
    series: [{ name: 'a', values, ...series1 }],
    ...data,
  })
  const whole = wholePaths(shown)(plot, 1, 0, values.length - 1) as unknown as { stroke: WrittenPath }
  const [draw] = [fillingPlugin(shown).hooks.drawSeries].flat()
  draw?.(plot, 0)
  draw?.(plot, 1)
  return { whole: whole.stroke.words.join(' '), faint: canvas.drawn }
}

describe('the step that is still filling', () => {
  it('is drawn at half its strength, from the point before it', () => {
    expect(drawn([10, 20, 30, 40], { fillingMs: 75 })).toEqual({
      whole: 'M0,90 L25,80 L50,70',
      faint: ['blue 0.5: M50,70 L75,60'],
    })
  })

  it('is faint in its area too', () => {
    expect(drawn([10, 20, 30, 40], { fillingMs: 75, series1: { isFilled: true } }).faint).toEqual([
      'pale 0.5: M50,100 L50,70 L75,60 L75,100 Z',
      'blue 0.5: M50,70 L75,60',
    ])
  })

  it('is whole where all steps are over', () => {
    for (const fillingMs of [undefined, 76])
      expect(drawn([10, 20, 30, 40], fillingMs === undefined ? {} : { fillingMs })).toEqual({
        whole: 'M0,90 L25,80 L50,70 L75,60',
        faint: [],
      })
  })

  it('leaves a line of another time whole', () => {
    expect(drawn([10, 20, 30, 40], { fillingMs: 75, series1: { isDashed: true } })).toEqual({
      whole: 'M0,90 L25,80 L50,70 L75,60',
      faint: [],
    })
  })

  it('is nothing while nothing is in it, and a short stroke after a gap', () => {
    expect(drawn([10, 20, 30, null], { fillingMs: 75 })).toEqual({ whole: 'M0,90 L25,80 L50,70', faint: [] })
    expect(drawn([10, 20, null, 40], { fillingMs: 75 })).toEqual({
      whole: 'M0,90 L25,80',
      faint: ['blue 0.5: M73,60 L77,60'],
    })
  })

  it('may be the only one', () => {
    expect(drawn([10], { fillingMs: 0 })).toEqual({ whole: '', faint: ['blue 0.5: M-2,90 L2,90'] })
  })
})
