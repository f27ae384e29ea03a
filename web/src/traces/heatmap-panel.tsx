import { useState } from 'react'
import type { TraceHeatmap } from '../../../contract/index.ts'
import type { Asked } from '../api/use-answer.ts'
import { formatCount, formatDuration } from '../format/number.ts'
import { useKeys } from '../keys/key-map.ts'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { formatClock } from '../time/zone.ts'
import { useChangeAddress, useTime, useZoom } from '../url/use-search.ts'
import { type BoxMode, Heatmap } from './heatmap.tsx'
import { type Box, countIn, slowestTenth, writeBox } from './selection.ts'

const modes: Readonly<Record<BoxMode, string>> = { box: 'Box', slow: 'Slow / fast', after: 'Before / after' }

/** The heatmap of the range with what is chosen in it. */
export function HeatmapPanel({ asked, box }: { asked: Asked<TraceHeatmap>; box: Box | null }) {
  const { span, zone } = useTime()
  const change = useChangeAddress()
  const [mode, setMode] = useState<BoxMode>('box')
  const state = usePanelState(asked, ({ total }) =>
    total > 0 ? null : { kind: 'empty', words: 'No request in this range passes the conditions.' },
  )
  const map = asked.data
  const select = (next: Box) => change({ sel: writeBox(next) })
  return (
    <Panel
      title="Duration"
      sub={
        map === undefined ? undefined : (
          <>
            {formatCount(map.total)} requests,{' '}
            <span className={map.errors > 0 ? 'err' : ''}>{formatCount(map.errors)} with an error</span>
          </>
        )
      }
      state={state}
      cost={asked.cost}
      aside={
        <span className="row wrap">
          {map !== undefined && (
            <button type="button" className="btn small" onClick={() => select(slowestTenth(map, span))}>
              Slowest tenth
            </button>
          )}
          <span className="seg small wide-only">
            {(Object.keys(modes) as BoxMode[]).map((one) => (
              <button key={one} type="button" aria-pressed={one === mode} onClick={() => setMode(one)}>
                {modes[one]}
              </button>
            ))}
          </span>
        </span>
      }
    >
      {map !== undefined && (
        <Heatmap {...{ map, span, zone, box, mode }} onBox={select}>
          {box !== null && <BoxWords {...{ map, box, zone }} />}
        </Heatmap>
      )}
    </Panel>
  )
}

function BoxWords({ map, box, zone }: { map: TraceHeatmap; box: Box; zone: string }) {
  const change = useChangeAddress()
  const zoom = useZoom()
  const clear = () => change({ sel: undefined })
  useKeys([{ keys: 'Escape', words: 'Clear the box', group: 'charts', run: clear }])
  const durations =
    box.most === null
      ? box.least === 0
        ? 'all durations'
        : `from ${formatDuration(box.least / 1000)}`
      : `${formatDuration(box.least / 1000)} – ${formatDuration(box.most / 1000)}`
  return (
    <>
      <b className="m">{formatCount(countIn(map, box))} requests in the box</b>
      <div className="t2 sm">
        {formatClock(box.fromMs, zone)} – {formatClock(box.toMs, zone)}, {durations}
      </div>
      <span className="row sm">
        <button type="button" className="lnk" onClick={() => zoom(box)}>
          Zoom
        </button>
        <button type="button" className="lnk" onClick={clear}>
          Clear
        </button>
        <span className="kbd">Esc</span>
      </span>
    </>
  )
}
