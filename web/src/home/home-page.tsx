import { useEffect } from 'react'
import type { IngestHealth } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { ledgerRows } from '../data/ledger.ts'
import { useChanges } from '../services/use-changes.ts'
import { usePageTitle } from '../shell/title.ts'
import { refreshNow, useView } from '../state/view-store.ts'
import { isRelative } from '../time/range.ts'
import { useTenant, useTime } from '../url/use-search.ts'
import { WhatChanged } from './changed/what-changed.tsx'
import { DataArriving } from './data-arriving.tsx'
import { DemoShop } from './demo-shop.tsx'
import { FirstRun } from './first-run.tsx'
import { Headline } from './headline.tsx'
import { PlatformHealth } from './platform-health.tsx'
import { useDemo } from './use-demo.ts'
import { WorstServices } from './worst-services.tsx'

/** Milliseconds between two looks at what changed, while the range ends now. */
const lookEveryMs = 15_000
/** The tenant of the platform's own telemetry. */
const ownTenant = '_system'
/** Milliseconds between two looks at the ledger. */
const ledgerEveryMs = 2000

/** What needs a person, what changed, and whether data arrives. */
export function HomePage() {
  usePageTitle('Home')
  useFreshMoment()
  const tenant = useTenant()
  const changes = useChanges()
  const ledger = useAnswer<IngestHealth>({ path: '/api/ingest/health', everyMs: ledgerEveryMs })
  const demo = useDemo()
  const { data } = changes.asked
  const all = ledgerRows(ledger.data)
  const rows = all.filter((row) => row.tenant === tenant)
  const isFirstRun = data !== undefined && ledger.data !== undefined && data.services.length + rows.length === 0
  return (
    <main className="page">
      <Headline changes={data} isFirstRun={isFirstRun} hasFailed={changes.asked.error !== undefined} />
      <div className="home-grid">
        <div className="col" style={{ gap: 12, minWidth: 0 }}>
          {isFirstRun ? <FirstRun demo={demo} /> : <WhatChanged changes={changes} />}
          {!isFirstRun && <DemoShop demo={demo} changes={data} />}
        </div>
        <div className="col" style={{ gap: 12, minWidth: 0 }}>
          {!isFirstRun && <WorstServices asked={changes.asked} />}
          <DataArriving
            asked={ledger}
            rows={isFirstRun ? all.filter((row) => row.tenant === ownTenant) : rows}
            sub={isFirstRun ? 'of the platform itself, last 5 minutes' : 'rows of the last 5 minutes'}
          />
          <PlatformHealth />
        </div>
      </div>
    </main>
  )
}

/** Home moves on by itself: it is what stands open on a wall. */
function useFreshMoment(): void {
  const { range } = useTime()
  const isLive = useView((view) => view.isLive)
  const moves = isRelative(range) && !isLive
  useEffect(() => {
    if (!moves) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') refreshNow()
    }, lookEveryMs)
    return () => clearInterval(timer)
  }, [moves])
}
