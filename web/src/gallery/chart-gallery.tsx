import { useState } from 'react'
import { Legend } from '../charts/legend.tsx'
import type { ChartData } from '../charts/series.ts'
import { TimeSeries } from '../charts/time-series.tsx'
import { Panel } from '../parts/panel.tsx'
import { showToast } from '../state/toasts.ts'
import { latency, nothing, stackedBytes, stillFilling, tenSeries, withGap } from './seeded.ts'

const charts: readonly [string, ChartData][] = [
  ['Duration', latency],
  ['Rate with a gap', withGap],
  ['Newest step still filling', stillFilling],
  ['Ten series', tenSeries],
  ['Stored, stacked', stackedBytes],
  ['Without data', nothing],
]

/** The time series in its kinds; all share one sightline. */
export function ChartGallery() {
  return (
    <section aria-label="Charts">
      <h2 style={{ marginBottom: 8 }}>Time series</h2>
      <div className="grid" style={{ gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 420px), 1fr))' }}>
        {charts.map(([title, data]) => (
          <Chart key={title} title={title} data={data} />
        ))}
      </div>
    </section>
  )
}

function Chart({ title, data }: { title: string; data: ChartData }) {
  const [isTable, setTable] = useState(false)
  return (
    <Panel
      title={title}
      aside={
        <>
          {data.series.length <= 3 && <Legend data={data} />}
          <button type="button" className="btn small" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
            Table
          </button>
        </>
      }
    >
      <TimeSeries
        title={title}
        data={data}
        zone="utc"
        isTable={isTable}
        onZoom={({ fromMs, toMs }) => showToast(`Zoom over ${Math.round((toMs - fromMs) / 60_000)} min`)}
        onPoint={({ series }) => showToast(`Rows behind ${series.name}`)}
        onExemplar={(id) => showToast(`Trace ${id}`)}
      />
    </Panel>
  )
}
