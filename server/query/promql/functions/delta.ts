import type { RateKind } from '../rates/edge-factor.ts'
import { extrapolatedRate } from '../rates/extrapolated-rate.ts'
import { rateOverGrid } from '../rates/rate-over-grid.ts'
import type { WindowFunction } from './function.ts'

const kind: RateKind = { isCounter: false, perSecond: false }

/** Difference between the end and the start of a range, for gauges. */
export const delta: WindowFunction = {
  kind: 'window',
  name: 'delta',
  args: ['matrix'],
  returns: 'vector',
  extensions: ['anchored', 'smoothed'],
  summary: 'Difference between the end and the start of a range, for gauges.',
  evaluate: (window, point, call) => extrapolatedRate(window, point, { call, kind }),
  evaluateFloats: (run, made) => rateOverGrid(run, made, kind),
}
