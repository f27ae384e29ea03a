import type { RateKind } from '../rates/edge-factor.ts'
import { extrapolatedRate } from '../rates/extrapolated-rate.ts'
import { rateOverGrid } from '../rates/rate-over-grid.ts'
import type { WindowFunction } from './function.ts'

const kind: RateKind = { isCounter: true, perSecond: false }

/** Increase of a counter over the range. */
export const increase: WindowFunction = {
  kind: 'window',
  name: 'increase',
  args: ['matrix'],
  returns: 'vector',
  extensions: ['anchored', 'smoothed'],
  summary: 'Increase of a counter over the range.',
  evaluate: (window, point, call) => extrapolatedRate(window, point, { call, kind }),
  evaluateFloats: (run, made) => rateOverGrid(run, made, kind),
}
