import type { RateKind } from '../rates/edge-factor.ts'
import { extrapolatedRate } from '../rates/extrapolated-rate.ts'
import { rateOverGrid } from '../rates/rate-over-grid.ts'
import type { WindowFunction } from './function.ts'

const kind: RateKind = { isCounter: true, perSecond: true }

/** Per-second increase of a counter over the range. */
export const rate: WindowFunction = {
  kind: 'window',
  name: 'rate',
  args: ['matrix'],
  returns: 'vector',
  extensions: ['anchored', 'smoothed'],
  summary: 'Per-second increase of a counter over the range.',
  evaluate: (window, point, call) => extrapolatedRate(window, point, { call, kind }),
  evaluateFloats: (run, made) => rateOverGrid(run, made, kind),
}
