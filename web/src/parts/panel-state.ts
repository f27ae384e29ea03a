import type { Asked } from '../api/use-answer.ts'
import { formatClock } from '../time/zone.ts'
import type { PanelAction, PanelState } from './panel.tsx'

interface StateWords<T> {
  readonly zone: string
  /** Nothing to show in the answer: why, and what to do. */
  readonly empty?: (data: T) => Extract<PanelState, { kind: 'empty' }> | null
  /** The request is taking more than two seconds. */
  readonly isSlow?: boolean
  readonly stop?: () => void
}

/** The state of a panel from its answer: old pictures stay while new ones come; errors say what to do. */
export function panelStateOf<T>(asked: Asked<T>, { zone, empty, isSlow = false, stop }: StateWords<T>): PanelState {
  const { data, error, isAsking, again } = asked
  if (data === undefined) {
    if (error !== undefined)
      return { kind: 'error', words: error.message, actions: [{ words: 'Ask again', run: again }] }
    if (!isSlow) return { kind: 'loading' }
    const actions: PanelAction[] = stop === undefined ? [] : [{ words: 'Stop', run: stop }]
    return { kind: 'slow', words: 'Still reading; the answer is on its way.', actions }
  }
  if (error !== undefined)
    return { kind: 'partial', words: 'not up to date', reason: `${error.message} Showing the answer before.` }
  const nothing = empty?.(data) ?? null
  if (nothing !== null) return nothing
  return isAsking && isSlow
    ? { kind: 'refreshing', since: formatClock(asked.answeredMs, zone, true) }
    : { kind: 'ready' }
}
