import type { ServiceStateAnswer } from '../../../contract/index.ts'
import { type ChartData, coloursOf } from '../charts/series.ts'
import { TimeSeries } from '../charts/time-series.tsx'
import { formatAgainstUsual, formatUnit } from '../format/number.ts'
import { Panel } from '../parts/panel.tsx'
import { useTime } from '../url/use-search.ts'
import { useChartActs } from './use-chart-acts.ts'
import { type RedChart, useRed } from './use-red.ts'

/** Rate, errors and durations of one service over the range, one below the other. */
export function RedCharts({ service }: { service: string }) {
  const { zone } = useTime()
  const { charts, state, cost } = useRed(service)
  const acts = useChartActs(service)
  if (charts.length === 0) return <Panel title="Rate" state={state} />
  return (
    <>
      {charts.map(({ title, data }) => (
        <Panel key={title} title={title} state={state} cost={cost}>
          <TimeSeries title={`${title} of ${service}`} data={data} zone={zone} height={104} {...acts} />
        </Panel>
      ))}
    </>
  )
}

/** The same side by side, each with its figure over the range and against what it is compared with. */
export function RedRow({ service, judged }: { service: string; judged: ServiceStateAnswer | undefined }) {
  const { zone } = useTime()
  const { charts, state, cost } = useRed(service, judged)
  const acts = useChartActs(service)
  if (charts.length === 0)
    return (
      <div className="red-row">
        {['Rate', 'Errors', 'Duration p95'].map((title) => (
          <Panel key={title} title={title} state={state} />
        ))}
      </div>
    )
  return (
    <div className="red-row">
      {charts.map((chart) => (
        <Panel
          key={chart.title}
          title={chart.title === 'Duration' ? 'Duration p95' : chart.title}
          state={state}
          cost={cost}
          sub={<Figure chart={chart} />}
          aside={<Names data={chart.data} isShort={chart.title === 'Duration'} />}
        >
          <TimeSeries title={`${chart.title} of ${service}`} data={chart.data} zone={zone} height={136} {...acts} />
        </Panel>
      ))}
    </div>
  )
}

/** The names of the lines; their values are at the sightline. */
function Names({ data, isShort }: { data: ChartData; isShort: boolean }) {
  const colours = coloursOf(data.series)
  return (
    <span className="row sm t2" style={{ gap: 12 }}>
      {data.series.map(({ name, isDashed }, at) => (
        <span key={name} className={isShort && isDashed ? 'seen-by-readers' : 'row'} style={{ gap: 4 }}>
          <i
            className={isDashed === true ? 'legend-line dashed' : 'legend-line'}
            style={{ borderColor: `var(${colours[at]})` }}
          />
          {name}
        </span>
      ))}
    </span>
  )
}

function Figure({ chart }: { chart: RedChart }) {
  const { now, before, data, title } = chart
  const against = formatAgainstUsual(now, before)
  const isWorse = title !== 'Rate' && now !== null && before !== null && now > before * 1.5 && against !== '≈'
  return (
    <>
      <span className={`figure-head ${isWorse ? 'err' : 'now'}`}>{formatUnit(now, data.unit)}</span>{' '}
      {against !== '–' && (
        <span title={`compared with ${formatUnit(before, data.unit)}`}>
          {against === 'new' ? `was ${formatUnit(before, data.unit)}` : against}
        </span>
      )}
    </>
  )
}
