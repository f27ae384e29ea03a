import { flag, type TraceFrame } from './trace-frame.ts'

/** Spans of one service and operation. Nanoseconds. */
export interface OperationFigures {
  readonly service: string
  readonly operation: string
  count: number
  errors: number
  selfNs: number
  criticalNs: number
  longestNs: number
  /** Row of the longest. */
  longest: number
}

/** A path of operations from a root; `parent` is its place in the list. */
export interface FlameFrame {
  readonly parent: number
  readonly depth: number
  readonly service: string
  readonly operation: string
  count: number
  errors: number
  selfNs: number
  /** Self times of the path and all below: children always fit into their parent, also where they ran side by side. */
  timeNs: number
  longestNs: number
  longest: number
}

/** Spans of one service right under spans of another. */
export interface ServiceCalls {
  readonly from: string
  readonly to: string
  count: number
  errors: number
  timeNs: number
}

export interface TraceProfileView {
  readonly operations: readonly OperationFigures[]
  readonly frames: readonly FlameFrame[]
  readonly calls: readonly ServiceCalls[]
  /** What is beyond the bounds of these lists. */
  readonly leftOut: number
}

const maxOperations = 1000
const maxFrames = 2000
const maxCalls = 500
/** Deepest path of the flame graph; what lies deeper counts for the frame there. */
const maxFlameDepth = 100

/** Where the time of a trace went. Cost: a pass over the spans for each list. */
export function profileOf(frame: TraceFrame): TraceProfileView {
  const operations = operationsOf(frame)
  const frames = flameOf(frame)
  const calls = callsOf(frame)
  const kept = largestFrames(frames)
  const leftOut =
    Math.max(0, operations.length - maxOperations) +
    (frames.length - kept.length) +
    Math.max(0, calls.length - maxCalls)
  return { operations: operations.slice(0, maxOperations), frames: kept, calls: calls.slice(0, maxCalls), leftOut }
}

/** Most self time first. */
export function operationsOf(frame: TraceFrame): OperationFigures[] {
  const found = new Map<number, OperationFigures>()
  for (let row = 0; row < frame.ids.length; row += 1) {
    const key = frame.service[row] * frame.names.length + frame.name[row]
    let one = found.get(key)
    if (one === undefined) {
      one = { ...titleOf(frame, row), count: 0, errors: 0, selfNs: 0, criticalNs: 0, longestNs: -1, longest: row }
      found.set(key, one)
    }
    one.criticalNs += frame.critical[row]
    add(one, frame, row)
  }
  return [...found.values()].sort((a, b) => b.selfNs - a.selfNs)
}

function flameOf(frame: TraceFrame): FlameFrame[] {
  const frames: FlameFrame[] = []
  const places = new Map<string, number>()
  const placeOf = new Int32Array(frame.ids.length)
  for (let row = 0; row < frame.ids.length; row += 1) {
    const above = frame.parent[row] < 0 ? -1 : placeOf[frame.parent[row]]
    const depth = above < 0 ? 0 : frames[above].depth + 1
    let place = depth > maxFlameDepth ? above : places.get(keyOf(frame, row, above))
    if (place === undefined) {
      place = frames.length
      places.set(keyOf(frame, row, above), place)
      const figures = { count: 0, errors: 0, selfNs: 0, timeNs: 0, longestNs: -1, longest: row }
      frames.push({ parent: above, depth, ...titleOf(frame, row), ...figures })
    }
    placeOf[row] = place
    add(frames[place], frame, row)
  }
  for (let at = frames.length - 1; at >= 0; at -= 1) {
    frames[at].timeNs += frames[at].selfNs
    if (frames[at].parent >= 0) frames[frames[at].parent].timeNs += frames[at].timeNs
  }
  return frames
}

function keyOf({ service, name }: TraceFrame, row: number, above: number): string {
  return `${above} ${service[row]} ${name[row]}`
}

/** The frames with the most time; a parent has at least the time of its children and so is kept with them. */
function largestFrames(frames: readonly FlameFrame[]): FlameFrame[] {
  if (frames.length <= maxFrames) return [...frames]
  const order = frames.map((_, at) => at).sort((a, b) => frames[b].timeNs - frames[a].timeNs || a - b)
  const kept = new Set(order.slice(0, maxFrames))
  const places = new Map<number, number>()
  return frames.flatMap((one, at) => {
    if (!kept.has(at) || (one.parent >= 0 && !places.has(one.parent))) return []
    places.set(at, places.size)
    return [{ ...one, parent: one.parent < 0 ? -1 : (places.get(one.parent) as number) }]
  })
}

function callsOf(frame: TraceFrame): ServiceCalls[] {
  const found = new Map<string, ServiceCalls>()
  for (let row = 0; row < frame.ids.length; row += 1) {
    const above = frame.parent[row]
    if (above < 0 || frame.service[above] === frame.service[row]) continue
    const [from, to] = [frame.services[frame.service[above]], frame.services[frame.service[row]]]
    const key = `${frame.service[above]} ${frame.service[row]}`
    const one = found.get(key) ?? { from, to, count: 0, errors: 0, timeNs: 0 }
    found.set(key, one)
    one.count += 1
    one.errors += frame.flags[row] & flag.error
    one.timeNs += frame.duration[row]
  }
  return [...found.values()].sort((a, b) => b.timeNs - a.timeNs)
}

function titleOf(frame: TraceFrame, row: number): { service: string; operation: string } {
  return { service: frame.services[frame.service[row]], operation: frame.names[frame.name[row]] }
}

function add(
  one: Pick<FlameFrame, 'count' | 'errors' | 'selfNs' | 'longestNs' | 'longest'>,
  frame: TraceFrame,
  row: number,
): void {
  one.count += 1
  one.errors += frame.flags[row] & flag.error
  one.selfNs += frame.self[row]
  if (frame.duration[row] <= one.longestNs) return
  one.longestNs = frame.duration[row]
  one.longest = row
}
