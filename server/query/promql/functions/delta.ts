import { extrapolatedRate } from '../rates/extrapolated-rate.ts'
import type { WindowFunction } from './function.ts'

/** Difference between the end and the start of a range, for gauges. */
export const delta: WindowFunction = {
  kind: 'window',
  name: 'delta',
  args: ['matrix'],
  returns: 'vector',
  extensions: ['anchored', 'smoothed'],
  summary: 'Difference between the end and the start of a range, for gauges.',
  evaluate: (window, point, call) =>
    extrapolatedRate(window, point, { call, kind: { isCounter: false, perSecond: false } }),
}
