import { instantRate } from '../rates/instant-rate.ts'
import type { WindowFunction } from './function.ts'

/** Per-second rate between the last two samples of a counter. */
export const irate: WindowFunction = {
  kind: 'window',
  name: 'irate',
  args: ['matrix'],
  returns: 'vector',
  summary: 'Per-second rate between the last two samples of a counter.',
  evaluate: (window, point, call) => instantRate(window, point, { call, isRate: true }),
}
