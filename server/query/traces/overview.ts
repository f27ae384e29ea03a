import { isBad, type TraceFrame } from './trace-frame.ts'
import type { TraceOrder } from './trace-order.ts'

/** Lanes of the picture of a whole trace. */
const lanes = 40
/** What times are counted in: thousandths of the duration. */
const steps = 1000

/** From, to in thousandths of the trace's duration; 1 for what is bad. */
export type OverviewBar = [number, number, 0 | 1]

/**
 * A trace at a glance: its lines from top to bottom in at most 40 lanes; several lines share a lane where there are
 * more. At most 500 bars a lane. Cost: one pass over the lines.
 */
export function overviewOf(frame: TraceFrame, { rows, runs }: TraceOrder): OverviewBar[][] {
  const count = Math.min(rows.length, lanes)
  const picture = Array.from({ length: count }, () => new Uint8Array(steps))
  const length = Math.max(frame.durationNs, 1)
  for (let place = 0; place < rows.length; place += 1) {
    const lane = picture[Math.floor((place * count) / rows.length)]
    for (let row = rows[place]; row < rows[place] + runs[place]; row += 1) {
      const from = Math.min(Math.floor((frame.start[row] / length) * steps), steps - 1)
      const to = Math.max(Math.ceil(((frame.start[row] + frame.duration[row]) / length) * steps), from + 1)
      // Bad work is never painted over by what is well.
      if (isBad(frame, row)) lane.fill(2, from, to)
      else for (let at = from; at < Math.min(to, steps); at += 1) if (lane[at] === 0) lane[at] = 1
    }
  }
  return picture.map(barsOf)
}

function barsOf(lane: Uint8Array): OverviewBar[] {
  const bars: OverviewBar[] = []
  for (let at = 0; at < lane.length; ) {
    let next = at + 1
    while (next < lane.length && lane[next] === lane[at]) next += 1
    if (lane[at] > 0) bars.push([at, next, lane[at] === 2 ? 1 : 0])
    at = next
  }
  return bars
}
