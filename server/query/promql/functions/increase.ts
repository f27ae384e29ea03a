import { extrapolatedRate } from '../rates/extrapolated-rate.ts'
import type { WindowFunction } from './function.ts'

/** Increase of a counter over the range. */
export const increase: WindowFunction = {
  kind: 'window',
  name: 'increase',
  args: ['matrix'],
  returns: 'vector',
  extensions: ['anchored', 'smoothed'],
  summary: 'Increase of a counter over the range.',
  evaluate: (window, point, call) =>
    extrapolatedRate(window, point, { call, kind: { isCounter: true, perSecond: false } }),
}
