import { useMemo, useState } from 'react'
import { Legend } from '../charts/legend.tsx'
import type { ChartData } from '../charts/series.ts'
import { TimeSeries } from '../charts/time-series.tsx'
import { Panel } from '../parts/panel.tsx'
import { manyPoints } from './seeded.ts'

/** Panels of a large board. */
const panels = Array.from({ length: 24 }, (_, at) => at)

/** Answers that are shown in turn, made beforehand: a refresh is measured, not the making of data. */
const answers = 16

/** As many panels as a large board has, for measuring what a refresh of all of them costs. */
export function ManyPanels() {
  const [refreshes, setRefreshes] = useState(0)
  const all = useMemo(
    () => Array.from({ length: answers }, (_, answer) => panels.map((panel) => manyPoints(panel, answer))),
    [],
  )
  return (
    <main className="page">
      <div className="row">
        <button type="button" className="btn" onClick={() => setRefreshes(refreshes + 1)}>
          Refresh
        </button>
        <span className="t2">refreshed {refreshes} times</span>
      </div>
      <div className="grid" style={{ gridTemplateColumns: 'repeat(6, minmax(0, 1fr))' }}>
        {panels.map((panel) => (
          <OnePanel key={panel} panel={panel} data={all[refreshes % answers][panel]} />
        ))}
      </div>
    </main>
  )
}

function OnePanel({ panel, data }: { panel: number; data: ChartData }) {
  return (
    <Panel title={`Panel ${panel + 1}`} aside={<Legend data={data} />}>
      <TimeSeries title={`Panel ${panel + 1}`} data={data} zone="utc" height={88} />
    </Panel>
  )
}
