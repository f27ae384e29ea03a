import type { Cost } from '../api/client.ts'
import type { Asked } from '../api/use-answer.ts'
import { formatDuration } from '../format/number.ts'
import { isRelative, type Span, type TimeRange, unitMs } from '../time/range.ts'
import { formatClock } from '../time/zone.ts'
import { useChangeAddress, useTime, useZoom } from '../url/use-search.ts'
import { type PanelAction, type PanelState, useLongerThan } from './panel.tsx'

/** Nothing to show in the answer: why, and what to do. */
type Empty<T> = (data: T) => Extract<PanelState, { kind: 'empty' }> | null

interface StateWords<T> {
  readonly zone: string
  readonly empty?: Empty<T> | undefined
  /** The request is taking more than two seconds. */
  readonly isSlow?: boolean
  /** Offers to ask for less. */
  readonly narrow?: readonly PanelAction[]
}

/** Milliseconds from which on a request is slow: the panel says so and offers to stop it. */
const slowMs = 2000
/** Milliseconds of a range from which on a quarter of it is offered instead. */
const leastToNarrowMs = 20 * unitMs.m

/** The state of a panel from its answer, with words for what takes long, nothing and errors. */
export function usePanelState<T>(asked: Asked<T>, empty?: Empty<T>): PanelState {
  const { zone } = useTime()
  const isSlow = useLongerThan(asked.isAsking, slowMs)
  const narrow = useNarrower()
  return panelStateOf(asked, { zone, isSlow, empty, narrow })
}

/** The state of a panel from its answer: old pictures stay while new ones come; errors say what to do. */
export function panelStateOf<T>(
  asked: Asked<T>,
  { zone, empty, isSlow = false, narrow = [] }: StateWords<T>,
): PanelState {
  const { data, error, isAsking, isStopped, again, stop } = asked
  const askAgain = { words: 'Ask again', run: again }
  if (data === undefined) {
    if (error !== undefined) return { kind: 'error', words: error.message, actions: [askAgain] }
    if (isStopped) return { kind: 'empty', words: 'Stopped before an answer came.', actions: [askAgain, ...narrow] }
    return isSlow ? slowState(stop, narrow) : { kind: 'loading' }
  }
  if (error !== undefined)
    return { kind: 'partial', words: 'not up to date', reason: `${error.message} Showing the answer before.` }
  if (isAsking && isSlow) return { kind: 'refreshing', since: formatClock(asked.answeredMs, zone, true), stop }
  return empty?.(data) ?? { kind: 'ready' }
}

export function slowState(stop: () => void, narrow: readonly PanelAction[]): PanelState {
  const actions = [{ words: 'Stop', run: stop }, ...narrow]
  return { kind: 'slow', words: 'Still reading; the answer is on its way.', actions }
}

/** The offer to look at the last quarter of a long range. */
export function useNarrower(): readonly PanelAction[] {
  const { range, span } = useTime()
  const zoom = useZoom()
  const change = useChangeAddress()
  const ms = quarterOf(span)
  if (ms === null) return []
  return [{ words: `Narrow to ${formatDuration(ms)}`, run: () => narrowTo(ms, { range, span, zoom, change }) }]
}

function quarterOf({ fromMs, toMs }: Span): number | null {
  const lengthMs = toMs - fromMs
  return lengthMs < leastToNarrowMs ? null : Math.round(lengthMs / 4 / unitMs.m) * unitMs.m
}

interface Narrowing {
  readonly range: TimeRange
  readonly span: Span
  readonly zoom: (span: Span) => void
  readonly change: (change: { from: string; to: string }) => void
}

function narrowTo(ms: number, { range, span, zoom, change }: Narrowing): void {
  if (isRelative(range)) change({ from: `now-${ms / unitMs.m}m`, to: 'now' })
  else zoom({ fromMs: span.toMs - ms, toMs: span.toMs })
}

/** What several answers of one panel took together; they were asked at the same time. */
export function costOfAll(asked: readonly { readonly cost: Cost | undefined }[]): Cost | undefined {
  const costs = asked.flatMap(({ cost }) => (cost === undefined ? [] : [cost]))
  if (costs.length === 0) return undefined
  const reads = costs.flatMap(({ read }) => (read === undefined ? [] : [read]))
  const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0)
  const ms = Math.max(...costs.map((cost) => cost.ms))
  const read = { rows: sum(reads.map(({ rows }) => rows)), bytes: sum(reads.map(({ bytes }) => bytes)), ms }
  const samples = costs.flatMap((cost) => (cost.samples === undefined ? [] : [cost.samples]))
  return {
    ...{ ms, bytes: sum(costs.map(({ bytes }) => bytes)) },
    ...(reads.length === 0 ? {} : { read }),
    ...(samples.length === 0 ? {} : { samples: sum(samples) }),
  }
}
