import type { Window } from '../evaluate/window.ts'
import type { Point, WindowCall } from '../functions/function.ts'

/**
 * Change over a range with exact edges: `anchored` takes the last value before the start, `smoothed` draws lines to both
 * edges from the samples around them. Nothing is extrapolated. Histograms are not covered.
 * Source: Prometheus proposal PROM-52.
 */
export function extendedRate(
  window: Window,
  point: Point,
  use: { call: WindowCall; kind: { isCounter: boolean; perSecond: boolean } },
): void {
  const edges = findEdges(window)
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
export function findEdges(window: Window): { first: number; last: number } | null {
  const { times, from, to, startMs, endMs, extension } = window
  if (to === from) return null
  let last = to - 1
  let first = from
  while (first < last && times[first + 1] <= startMs) first += 1
  if (extension === 'smoothed') {
    let at = from
    while (at < last && times[at] < endMs) at += 1
    last = at
  }
  return times[last] <= startMs ? null : { first, last }
}

function leftValue(window: Window, first: number, isCounter: boolean): number {
  const { times, values, startMs } = window
  if (window.extension !== 'smoothed' || times[first] >= startMs) return values[first]
  // Across a reset the counter grew from zero.
  const before = isCounter && values[first + 1] < values[first] ? 0 : values[first]
  return before + ((values[first + 1] - before) * (startMs - times[first])) / (times[first + 1] - times[first])
}

function rightValue(window: Window, { first, last }: { first: number; last: number }, isCounter: boolean): number {
  const { times, values, endMs } = window
  if (window.extension !== 'smoothed' || last <= window.from || times[last] <= endMs || last === first)
    return values[last]
  const before = values[last - 1]
  const after = isCounter && values[last] < before ? values[last] + before : values[last]
  return before + ((after - before) * (endMs - times[last - 1])) / (times[last] - times[last - 1])
}
