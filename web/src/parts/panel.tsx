import { type ReactNode, useEffect, useState } from 'react'
import type { Cost } from '../api/client.ts'
import { formatBytes, formatCount, formatDuration } from '../format/number.ts'
import { VerdictMark } from './verdict.tsx'

/** What a panel shows besides its content; the eight states of the blueprint, all in the same frame and size. */
export type PanelState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'slow'; readonly words: string; readonly share?: number; readonly actions: readonly PanelAction[] }
  | { readonly kind: 'refreshing'; readonly since: string; readonly stop?: () => void }
  | { readonly kind: 'partial'; readonly words: string; readonly reason: string }
  | {
      readonly kind: 'empty'
      readonly words: string
      readonly reason?: ReactNode
      readonly actions?: readonly PanelAction[]
    }
  | { readonly kind: 'unknown'; readonly words: string; readonly nearest?: PanelAction }
  | {
      readonly kind: 'error'
      readonly words: string
      readonly where?: ReactNode
      readonly actions?: readonly PanelAction[]
    }
  | { readonly kind: 'costly'; readonly words: string; readonly actions: readonly PanelAction[] }

export interface PanelAction {
  readonly words: string
  readonly run: () => void
}

interface PanelProps {
  readonly title: string
  /** Name for readers where several panels of a page have one title. */
  readonly label?: string
  /** What stands in place of the title, such as a link with its words. */
  readonly heading?: ReactNode
  readonly sub?: ReactNode
  readonly state?: PanelState
  /** Right side of the head: legend, switches. */
  readonly aside?: ReactNode
  readonly cost?: Cost | undefined
  /** What stands below the content, left of the cost. */
  readonly foot?: ReactNode
  /** Without space around the content, for tables. */
  readonly isFlush?: boolean
  readonly className?: string
  readonly children?: ReactNode
}

/** The frame of a panel: a head that never moves and a body that is content or says why there is none. */
export function Panel({
  title,
  label = title,
  heading = title,
  sub,
  state = { kind: 'ready' },
  aside,
  cost,
  foot,
  isFlush,
  className,
  children,
}: PanelProps) {
  return (
    <section className={`panel ${className ?? ''}`} aria-label={label} aria-busy={state.kind === 'loading'}>
      <div className="panel-head">
        <h2>{heading}</h2>
        {sub !== undefined && <span className="t3 sm ell">{sub}</span>}
        <span className="right" />
        <HeadState state={state} />
        {aside}
      </div>
      <div className={isFlush ? 'panel-body flush' : 'panel-body'}>
        {showsContent(state) ? children : <PanelStateBody state={state} />}
      </div>
      {(cost !== undefined || foot !== undefined) && (
        <div className="panel-foot">
          <span className="ell">{foot}</span>
          {cost !== undefined && <CostNote cost={cost} />}
        </div>
      )}
    </section>
  )
}

function showsContent({ kind }: PanelState): boolean {
  return kind === 'ready' || kind === 'refreshing' || kind === 'partial'
}

function HeadState({ state }: { state: PanelState }) {
  if (state.kind === 'refreshing')
    return (
      <span className="t3 sm row">
        {state.since}, updating
        {state.stop !== undefined && (
          <button type="button" className="lnk" onClick={state.stop}>
            Stop
          </button>
        )}
      </span>
    )
  if (state.kind !== 'partial') return null
  return (
    <span className="chip" title={state.reason}>
      <VerdictMark judgement="watch" />
      {state.words}
      <span className="seen-by-readers">{state.reason}</span>
    </span>
  )
}

function PanelStateBody({ state }: { state: PanelState }) {
  switch (state.kind) {
    case 'loading':
      return <Skeleton />
    case 'slow':
      return (
        <div className="panel-state" role="status">
          <span>{state.words}</span>
          <span className={state.share === undefined ? 'progress unknown' : 'progress'}>
            <i style={state.share === undefined ? {} : { width: `${state.share * 100}%` }} />
          </span>
          <Actions actions={state.actions} />
        </div>
      )
    case 'empty':
      return <Said mark="none" words={state.words} more={state.reason} actions={state.actions} />
    case 'unknown':
      return (
        <Said
          mark="none"
          words={state.words}
          more={
            state.nearest === undefined ? undefined : (
              <>
                Closest:{' '}
                <button type="button" className="lnk code" onClick={state.nearest.run}>
                  {state.nearest.words}
                </button>
              </>
            )
          }
        />
      )
    case 'error':
      return <Said mark="bad" words={state.words} more={state.where} actions={state.actions} />
    case 'costly':
      return <Said words={state.words} actions={state.actions} />
    default:
      return null
  }
}

interface SaidProps {
  readonly mark?: 'none' | 'bad'
  readonly words: string
  readonly more?: ReactNode
  readonly actions?: readonly PanelAction[] | undefined
}

function Said({ mark, words, more, actions }: SaidProps) {
  return (
    <div className="panel-state" role={mark === 'bad' ? 'alert' : 'status'}>
      <span className="row m" style={{ alignItems: 'flex-start' }}>
        {mark !== undefined && (
          <span style={{ paddingTop: 4 }}>
            <VerdictMark judgement={mark} />
          </span>
        )}
        {words}
      </span>
      {more !== undefined && <div className="t2">{more}</div>}
      <Actions actions={actions ?? []} />
    </div>
  )
}

function Actions({ actions }: { actions: readonly PanelAction[] }) {
  if (actions.length === 0) return null
  return (
    <span className="row wrap" style={{ gap: 12 }}>
      {actions.map(({ words, run }) => (
        <button key={words} type="button" className="lnk" onClick={run}>
          {words}
        </button>
      ))}
    </span>
  )
}

/** Grey bars in place of content; not before 150 ms, so that quick answers do not flash. */
function Skeleton() {
  return (
    <div className="panel-state late" role="status">
      <span className="seen-by-readers">Loading</span>
      <span className="skeleton" aria-hidden="true">
        <i style={{ width: '58%' }} />
        <i style={{ width: '86%' }} />
        <i style={{ width: '72%' }} />
      </span>
    </div>
  )
}

/** What an answer took: what was looked at for it, its bytes, and the time. */
export function CostNote({ cost: { read, bytes, ms, samples } }: { cost: Cost }) {
  const looked =
    samples !== undefined
      ? `${formatCount(samples)} samples`
      : read === undefined || read.rows === 0
        ? ''
        : `${formatCount(read.rows)} rows`
  const isRead = read !== undefined && read.bytes > 0
  const where = isRead ? 'Read in the store' : 'Received'
  return (
    <span className="cost" title={`${where}, and the time from asking to the whole answer`}>
      {looked !== '' && `${looked} · `}
      {formatBytes(isRead ? read.bytes : bytes)} · {formatDuration(Math.round(ms))}
    </span>
  )
}

/** True once `isWaiting` has been true for that long. */
export function useLongerThan(isWaiting: boolean, ms: number): boolean {
  const [isLong, setLong] = useState(false)
  useEffect(() => {
    setLong(false)
    if (!isWaiting) return
    const timer = setTimeout(() => setLong(true), ms)
    return () => clearTimeout(timer)
  }, [isWaiting, ms])
  return isLong
}
