import { extrapolatedRate } from '../rates/extrapolated-rate.ts'
import type { WindowFunction } from './function.ts'

/** Per-second increase of a counter over the range. */
export const rate: WindowFunction = {
  kind: 'window',
  name: 'rate',
  args: ['matrix'],
  returns: 'vector',
  extensions: ['anchored', 'smoothed'],
  summary: 'Per-second increase of a counter over the range.',
  evaluate: (window, point, call) =>
    extrapolatedRate(window, point, { call, kind: { isCounter: true, perSecond: true } }),
}
