import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import type { ChangesAnswer, DemoState } from '../../../contract/index.ts'
import { Panel } from '../parts/panel.tsx'
import { VerdictMark } from '../parts/verdict.tsx'
import { formatClock } from '../time/zone.ts'
import { useTenant, useTime } from '../url/use-search.ts'
import { demoSteps } from './demo-steps.ts'
import { DemoTrouble } from './demo-trouble.tsx'
import type { Demo } from './use-demo.ts'

interface DemoShopProps {
  readonly demo: Demo
  readonly changes: ChangesAnswer | undefined
}

/** The demo shop: what is broken in it, the walk through an incident, and its end. */
export function DemoShop({ demo, changes }: DemoShopProps) {
  const tenant = useTenant()
  const { zone } = useTime()
  const { state } = demo
  useLeaveWhenRemoved(state)
  if (state === undefined || state.status === 'absent') return null
  const isHere = state.tenant === tenant
  if (!isHere && state.status === 'off' && !state.has_rows) return null
  return (
    <Panel title="Demo shop" sub={subOf(state, zone)} aside={<Acts demo={demo} state={state} />}>
      {isHere && changes !== undefined && <Walk state={state} changes={changes} />}
      {isHere && state.status === 'running' && <Faults demo={demo} state={state} />}
      {!isHere && (
        <p className="t2">
          Its data is in the tenant <span className="code">{state.tenant}</span>.{' '}
          <a className="lnk" href={`/${state.tenant}/home`}>
            Open it
          </a>
        </p>
      )}
      <DemoTrouble demo={demo} />
    </Panel>
  )
}

/** The shop's tenant goes with its rows: whoever looks at it is led to where it was started. */
function useLeaveWhenRemoved(state: DemoState | undefined): void {
  const navigate = useNavigate()
  const tenant = useTenant()
  const wasRemoving = useRef(false)
  const isRemoving = state?.status === 'removing'
  const isHere = state?.tenant === tenant
  useEffect(() => {
    if (isRemoving) wasRemoving.current = true
    if (!wasRemoving.current || isRemoving || !isHere) return
    wasRemoving.current = false
    void navigate({ to: '/default/home' as string })
  }, [isRemoving, isHere, navigate])
}

function subOf({ status, started_at, stops_at, has_rows }: DemoState, zone: string): string {
  const at = (text: string | null) => (text === null ? '' : formatClock(Date.parse(text), zone))
  if (status === 'running') return `runs since ${at(started_at)}, stops by itself at ${at(stops_at)}`
  if (status === 'off') return has_rows ? 'stopped; its rows are kept for two days' : 'off'
  return `${status} …`
}

function Acts({ demo, state }: { demo: Demo; state: DemoState }) {
  const [isAsking, setAsking] = useState(false)
  if (!state.may_manage) return null
  if (isAsking)
    return (
      <span className="row sm" role="alertdialog" aria-label="Remove the rows of the demo shop">
        All its telemetry is removed for good.
        <button
          type="button"
          className="btn small danger"
          onClick={() => {
            setAsking(false)
            demo.remove()
          }}
        >
          Remove
        </button>
        <button type="button" className="btn small" onClick={() => setAsking(false)}>
          Keep
        </button>
      </span>
    )
  return (
    <span className="row">
      {state.status === 'off' && (
        <button type="button" className="btn small" onClick={demo.start}>
          Start
        </button>
      )}
      {(state.status === 'running' || state.status === 'starting') && (
        <button type="button" className="btn small" onClick={demo.stop}>
          Stop
        </button>
      )}
      {state.has_rows && (state.status === 'off' || state.status === 'running') && (
        <button type="button" className="btn small ghost" onClick={() => setAsking(true)}>
          Remove its rows
        </button>
      )}
    </span>
  )
}

function Walk({ state, changes }: { state: DemoState; changes: ChangesAnswer }) {
  const steps = demoSteps(state, changes)
  return (
    <ol className="walk" aria-label="A walk through an incident; each step ticks itself when it is true">
      {steps.map(({ words, isDone }, at) => (
        <li key={words} className={isDone ? 't2' : steps.findIndex((step) => !step.isDone) === at ? 'm' : 't3'}>
          <span className={isDone ? 'walk-mark done' : 'walk-mark'} aria-hidden="true">
            {isDone && <VerdictMark judgement="usual" />}
          </span>
          {words}
          <span className="seen-by-readers">{isDone ? ', done' : ''}</span>
        </li>
      ))}
    </ol>
  )
}

function Faults({ demo, state }: { demo: Demo; state: DemoState }) {
  return (
    <ul className="faults" aria-label="What can be broken">
      {state.faults.map(({ name, title, active }) => (
        <li key={name}>
          <VerdictMark judgement={active ? 'bad' : 'none'} />
          <span className={active ? 'm grow ell' : 'grow ell'} title={title}>
            {title}
          </span>
          {state.may_manage && (
            <button
              type="button"
              className="btn small"
              aria-label={`${active ? 'Mend' : 'Break'}: ${title}`}
              onClick={() => demo.switchFault(name, !active)}
            >
              {active ? 'Mend' : 'Break'}
            </button>
          )}
        </li>
      ))}
    </ul>
  )
}
