import type { Window } from '../evaluate/window.ts'
import type { Point, WindowCall } from '../functions/function.ts'

/**
 * Change over a range with exact edges: `anchored` takes the last value before the start, `smoothed` draws lines to both
 * edges from the samples around them. Nothing is extrapolated.
 * Source: Prometheus proposal PROM-52, Prometheus 3.16.
 */
export function extendedRate(
  window: Window,
  point: Point,
  use: { call: WindowCall; kind: { isCounter: boolean; perSecond: boolean } },
): void {
  const edges = findEdges(window, window.times, window)
  if (edges === null) return
  const { isCounter, perSecond } = use.kind
  const { times, values } = window
  const left = leftValue(window, edges.first, isCounter)
  const right = rightValue(window, edges, isCounter)
  let change = right - left
  if (isCounter) {
    const from = times[edges.first] <= window.startMs ? edges.first + 1 : edges.first
    const to = times[edges.last] >= window.endMs ? edges.last - 1 : edges.last
    let previous = left
    for (let i = from; i <= to; i += 1) {
      if (values[i] < previous) change += previous
      previous = values[i]
    }
    if (right < previous) change += previous
  }
  point.float(perSecond ? change / ((window.endMs - window.startMs) / 1000) : change)
}

/** Index of the sample at or before the start (else the first one), and of the one that ends the range. */
export interface Edges {
  readonly first: number
  readonly last: number
}

/** Null where nothing lies behind the start, or, of a smoothed range, nothing before its end. `times[from..to)` are looked at. */
export function findEdges(
  window: Window,
  times: Float64Array,
  { from, to }: { readonly from: number; readonly to: number },
): Edges | null {
  const { startMs, endMs, extension } = window
  if (to === from) return null
  let last = to - 1
  let first = from
  while (first < last && times[first + 1] <= startMs) first += 1
  if (extension === 'smoothed') {
    let at = from
    while (at < last && times[at] < endMs) at += 1
    last = at
    if (times[first] > endMs) return null
  }
  return times[last] <= startMs ? null : { first, last }
}

/** Value at the start of the range; of counters that were reset since the sample before, from zero on. */
export function leftValue(window: Window, first: number, isCounter: boolean): number {
  const { times, values, startMs } = window
  if (window.extension !== 'smoothed' || times[first] >= startMs) return values[first]
  return onLine(window, { before: first, timeMs: startMs, isCounter })
}

/** Value at the end of the range. */
export function rightValue(window: Window, { last }: Edges, isCounter: boolean): number {
  const { times, values, endMs } = window
  if (window.extension !== 'smoothed' || last <= window.from || times[last] <= endMs) return values[last]
  return onLine(window, { before: last - 1, timeMs: endMs, isCounter })
}

/** Across a reset the counter grew from zero. */
function onLine({ times, values }: Window, at: { before: number; timeMs: number; isCounter: boolean }): number {
  const { before } = at
  const after = before + 1
  const start = at.isCounter && values[after] < values[before] ? 0 : values[before]
  return start + ((values[after] - start) * (at.timeMs - times[before])) / (times[after] - times[before])
}
