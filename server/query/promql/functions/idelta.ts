import { instantRate } from '../rates/instant-rate.ts'
import type { WindowFunction } from './function.ts'

/** Difference between the last two samples, for gauges. */
export const idelta: WindowFunction = {
  kind: 'window',
  name: 'idelta',
  args: ['matrix'],
  returns: 'vector',
  summary: 'Difference between the last two samples, for gauges.',
  evaluate: (window, point, call) => instantRate(window, point, { call, isRate: false }),
}
