import { describe, expect, it } from 'vitest'
import { metricFamilies } from './metric-families.ts'

const counts = (...names: string[]) => names.map((name) => ({ name, series: 2, serviceLabel: 'job' }))
const said = (name: string, type: string, unit = '') => ({ name, type, unit, help: `About ${name}.` })

const cases = [
  // name, stored names, metadata, wanted: family, type
  ['a gauge with metadata', ['temp'], [said('temp', 'gauge')], [['temp', 'gauge']]],
  ['a counter whose family has no _total', ['hits_total'], [said('hits', 'counter')], [['hits_total', 'counter']]],
  [
    'a gauge that is called _total stays apart from its neighbour',
    ['x', 'x_total'],
    [said('x', 'gauge'), said('x_total', 'gauge')],
    [
      ['x', 'gauge'],
      ['x_total', 'gauge'],
    ],
  ],
  ['a histogram', ['d_bucket', 'd_count', 'd_sum'], [said('d', 'histogram')], [['d', 'histogram']]],
  ['a histogram without metadata', ['d_bucket', 'd_count', 'd_sum'], [], [['d', 'histogram']]],
  ['least and greatest of a histogram', ['d', 'd_max', 'd_min'], [said('d', 'histogram')], [['d', 'histogram']]],
  ['a gauge called _max', ['fds_max'], [], [['fds_max', 'unknown']]],
  ['a native histogram', ['d'], [said('d', 'histogram')], [['d', 'histogram']]],
  ['a summary', ['d', 'd_count', 'd_sum'], [said('d', 'summary')], [['d', 'summary']]],
  ['a summary without metadata', ['d', 'd_count', 'd_sum'], [], [['d', 'summary']]],
  ['_count alone is no part of anything', ['open_count'], [], [['open_count', 'unknown']]],
  ['a counter without metadata', ['hits_total'], [], [['hits_total', 'counter']]],
  ['an info without metadata', ['build_info'], [], [['build_info', 'info']]],
  ['an unheard-of type', ['temp'], [said('temp', 'thermometer')], [['temp', 'unknown']]],
  ['the newest statement counts', ['temp'], [said('temp', 'gauge'), said('temp', 'counter')], [['temp', 'gauge']]],
] as const

describe('families of metrics', () => {
  it.each(cases)('%s', (_name, names, metadata, wanted) => {
    const families = metricFamilies(counts(...names), metadata)
    expect(families.map(({ name, type }) => [name, type])).toEqual(wanted)
    expect(families.flatMap((family) => family.names.map(({ name }) => name)).sort()).toEqual([...names].sort())
  })

  it('adds up the series of all names and keeps unit and help', () => {
    const [family] = metricFamilies(counts('d_bucket', 'd_count', 'd_sum'), [said('d', 'histogram', 'seconds')])
    expect(family).toMatchObject({ series: 6, unit: 'seconds', help: 'About d.', serviceLabel: 'job' })
  })
})
