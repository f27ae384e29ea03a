import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Panel } from '../parts/panel.tsx'
import { Icon } from '../shell/icons.tsx'
import { ScreenLink } from '../shell/screen-link.tsx'
import { useTenant } from '../url/use-search.ts'
import { DemoTrouble } from './demo-trouble.tsx'
import type { Demo } from './use-demo.ts'

/** Nothing is here yet: see it work with the demo shop, or send data of one's own. */
export function FirstRun({ demo }: { demo: Demo }) {
  return (
    <Panel title="Two ways to begin" sub="until then the panels at the right show the platform itself">
      <div className="begin">
        <div className="begin-way">
          <h3>See it work</h3>
          <p className="t2">
            A small web shop of nine services, watched like a real one. It runs on this machine, sends by the same
            protocols as anybody, and can be broken in six ways. Its data stays in a tenant of its own and goes away
            when you say so.
          </p>
          <DemoWay demo={demo} />
          <DemoTrouble demo={demo} />
        </div>
        <div className="begin-way">
          <h3>Send your own data</h3>
          <p className="t2">
            OTLP, Prometheus, Loki, Elasticsearch, syslog and others, at the addresses that they are sent to anyway.
            Data has a snippet for each, and shows what arrives as it arrives.
          </p>
          <ScreenLink to="data" className="btn">
            <Icon name="data" size={16} /> Send your own data
          </ScreenLink>
        </div>
      </div>
    </Panel>
  )
}

function DemoWay({ demo }: { demo: Demo }) {
  const { state } = demo
  useOpenWhenStarted(demo)
  if (state === undefined) return null
  if (state.status === 'absent') return <p className="t2">This installation carries no demo shop.</p>
  if (state.status === 'running')
    return (
      <a className="btn pri" href={`/${state.tenant}/home`}>
        Open the demo shop
      </a>
    )
  if (state.status !== 'off') return <p role="status">{progressOf(state.status, state.processes.length)}</p>
  if (!state.may_manage)
    return <p className="t2">You can look at everything here, but starting it needs an admin of all tenants.</p>
  return (
    <span className="row wrap">
      <button type="button" className="btn pri" onClick={demo.start}>
        Start the demo shop
      </button>
      {state.has_rows && (
        <a className="lnk" href={`/${state.tenant}/home`}>
          Look at its last run
        </a>
      )}
    </span>
  )
}

/** Processes of the whole shop, as its README counts them. */
const wholeShop = 11

function progressOf(status: 'starting' | 'stopping' | 'removing', processes: number): string {
  if (status === 'stopping') return 'The demo shop is stopping …'
  if (status === 'removing') return 'Its rows are being removed …'
  return `The demo shop is starting: ${processes} of ${wholeShop} processes are up …`
}

/** Leads to the shop's own home once it is open, if it was started from here. */
function useOpenWhenStarted({ state, isStartedHere }: Demo): void {
  const navigate = useNavigate()
  const tenant = useTenant()
  const shop = state?.tenant
  const isRunning = state?.status === 'running'
  useEffect(() => {
    if (!isRunning || !isStartedHere || shop === undefined || shop === tenant) return
    void navigate({ to: `/${shop}/home` as string, search: { from: 'now-15m', to: 'now' } as never })
  }, [isRunning, isStartedHere, shop, tenant, navigate])
}
