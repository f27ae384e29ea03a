import { describe, expect, it } from 'vitest'
import { chosenExemplars, gridOf, resultSeries, timesOf, type WireSeries } from './result-series.ts'

const grid = gridOf({ fromMs: 1_000_000, toMs: 1_060_000 }, 15)
const series = (metric: Record<string, string>, ...values: [number, string][]): WireSeries => ({ metric, values })

describe('the grid of a range', () => {
  it('has multiples of the step inside the range', () => {
    expect(timesOf(grid)).toEqual([1_005_000, 1_020_000, 1_035_000, 1_050_000])
  })
})

describe('series of a result', () => {
  it('are named by what tells them apart, have gaps where nothing was, and come largest first', () => {
    const answer = [
      series({ job: 'a', code: '200' }, [1005, '1'], [1035, '3']),
      series({ job: 'a', code: '500' }, [1020, '10'], [1050, 'NaN']),
    ]
    const found = resultSeries([{ letter: 'A', words: 'hits', series: answer, scale: 2 }], grid)
    expect(found.map(({ name, values }) => [name, values])).toEqual([
      ['code=500', [null, 20, null, null]],
      ['code=200', [2, null, 6, null]],
    ])
    expect(found[1]).toMatchObject({ last: 6, least: 2, most: 6, mean: 4 })
  })

  it.each([
    ['one series of one line', [['A', 'hits', [{ job: 'a' }]]], ['hits']],
    [
      'lines have their letters',
      [
        ['A', 'hits', [{ job: 'a' }, { job: 'b' }]],
        ['B', 'A / 2', [{}]],
      ],
      ['A job=a', 'A job=b', 'A / 2'],
    ],
    [
      'equal names are told apart',
      [
        ['A', 'x', [{}]],
        ['B', 'x', [{}]],
      ],
      ['x', 'x (2)'],
    ],
  ] as [string, [string, string, Record<string, string>[]][], string[]][])('%s', (_name, lines, wanted) => {
    const answers = lines.map(([letter, words, metrics]) => ({
      ...{ letter, words, scale: 1 },
      series: metrics.map((metric) => series(metric)),
    }))
    expect(resultSeries(answers, grid).map(({ name }) => name)).toEqual(wanted)
  })
})

describe('exemplars', () => {
  const exemplar = (traceId: string, value: number, timestamp: number) => ({
    ...{ labels: { trace_id: traceId }, value: String(value), timestamp },
  })
  const found = [
    {
      seriesLabels: {},
      exemplars: [
        exemplar('a'.repeat(32), 0.5, 1006),
        exemplar('b'.repeat(32), 0.7, 1007),
        exemplar('not a trace', 9, 1007),
        exemplar('c'.repeat(32), 0.1, 1050),
      ],
    },
  ]
  it('are the slowest of each step that lead to a trace', () => {
    const chosen = chosenExemplars(found, { grid, scale: 1000, isOnAxis: false })
    expect(chosen.map(({ traceId, value }) => [traceId[0], value])).toEqual([
      ['b', 700],
      ['c', 100],
    ])
  })

  it('stand on the axis where the chart shows something else', () => {
    const chosen = chosenExemplars(found, { grid, scale: 1000, isOnAxis: true })
    expect(chosen.map(({ value }) => value)).toEqual([0, 0])
  })
})
