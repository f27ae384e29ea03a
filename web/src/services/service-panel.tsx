import type { ServiceMapAnswer, ServiceMetrics } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { formatCount, formatDuration, formatPercent } from '../format/number.ts'
import { Panel, useLongerThan } from '../parts/panel.tsx'
import { panelStateOf } from '../parts/panel-state.ts'
import { VerdictMark } from '../parts/verdict.tsx'
import { ScreenLink } from '../shell/screen-link.tsx'
import { registerSidePanel } from '../side/panel-kinds.ts'
import { useTime } from '../url/use-search.ts'
import { timeRangeOf } from './questions.ts'
import { RedCharts } from './red-charts.tsx'

registerSidePanel('service', { word: 'Service', body: ServicePanel })

/** One service beside the list: how it does over time, what it serves, what it calls, what it runs short of. */
function ServicePanel({ id }: { id: string }) {
  const { span } = useTime()
  const { start, end } = timeRangeOf(span)
  const range = encodeURIComponent(`${start}/${end}`)
  const service = encodeURIComponent(id)
  const metrics = useAnswer<ServiceMetrics>({ path: `/metrics?service=${service}&timerange=${range}&format=json` })
  const map = useAnswer<ServiceMapAnswer>({ path: `/api/service-map?time_range=${range}&service=${service}` })
  return (
    <div className="side-body">
      <div className="row">
        <h2 style={{ fontSize: 16 }}>{id}</h2>
        <span className="right" />
        <ScreenLink to="traces" search={{ q: `service:${id}`, sort: '-duration' }} className="btn small">
          Traces of {id}
        </ScreenLink>
      </div>
      <RedCharts service={id} />
      <Endpoints asked={metrics} />
      <Resources data={metrics.data} />
      <Neighbours id={id} data={map.data} />
    </div>
  )
}

function Endpoints({ asked }: { asked: ReturnType<typeof useAnswer<ServiceMetrics>> }) {
  const { zone } = useTime()
  const state = panelStateOf(asked, {
    zone,
    isSlow: useLongerThan(asked.isAsking, 2000),
    empty: ({ endpoints }) =>
      endpoints.length === 0 ? { kind: 'empty', words: 'It served no request in this range.' } : null,
  })
  return (
    <Panel title="Endpoints" sub="most requests first" state={state} isFlush>
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Endpoint</th>
              <th scope="col" className="n">
                requests
              </th>
              <th scope="col" className="n">
                errors
              </th>
              <th scope="col" className="n">
                p50
              </th>
              <th scope="col" className="n">
                p95
              </th>
            </tr>
          </thead>
          <tbody>
            {asked.data?.endpoints.map(({ endpoint, request_count, error_rate, latency }) => (
              <tr key={endpoint}>
                <td className="code">{endpoint}</td>
                <td className="n">{formatCount(request_count)}</td>
                <td className={error_rate >= 0.05 ? 'n err' : 'n'}>{formatPercent(error_rate)}</td>
                <td className="n t2">{formatDuration(latency.p50 / 1000)}</td>
                <td className="n b">{formatDuration(latency.p95 / 1000)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function Resources({ data }: { data: ServiceMetrics | undefined }) {
  if (data === undefined || data.resources.length === 0) return null
  return (
    <Panel title="Resources" sub="against their limits" isFlush>
      <table className="table">
        <tbody>
          {data.resources.map(({ name, service, metric, value, max_value, warning, reason }) => (
            <tr key={`${service} ${metric} ${name}`} title={reason}>
              <td>
                <span className="row">
                  <VerdictMark judgement={warning ? 'bad' : 'usual'} />
                  {name} <span className="t3 sm">{service}</span>
                </span>
              </td>
              <td className={warning ? 'n b err' : 'n'}>
                {formatCount(value)}
                {max_value === null ? '' : ` of ${formatCount(max_value)}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function Neighbours({ id, data }: { id: string; data: ServiceMapAnswer | undefined }) {
  const callers = data?.dependencies.filter(({ target }) => target === id) ?? []
  const called = data?.dependencies.filter(({ source }) => source === id) ?? []
  if (callers.length + called.length === 0) return null
  return (
    <Panel title="Callers and dependencies" isFlush>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col" className="n">
              calls/s
            </th>
            <th scope="col" className="n">
              errors
            </th>
            <th scope="col" className="n">
              mean
            </th>
          </tr>
        </thead>
        <tbody>
          {callers.map((edge) => (
            <Edge key={`from ${edge.source}`} name={edge.source} side="calls it" edge={edge} />
          ))}
          {called.map((edge) => (
            <Edge key={`to ${edge.target}`} name={edge.target} side="called by it" edge={edge} />
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

interface EdgeProps {
  readonly name: string
  readonly side: string
  readonly edge: ServiceMapAnswer['dependencies'][number]
}

function Edge({ name, side, edge }: EdgeProps) {
  return (
    <tr>
      <td>
        <span className="m">{name}</span> <span className="t3 sm">{side}</span>
      </td>
      <td className="n">{formatCount(edge.request_rate)}</td>
      <td className={edge.error_rate >= 0.05 ? 'n err' : 'n'}>{formatPercent(edge.error_rate)}</td>
      <td className="n b">{formatDuration(edge.avg_latency)}</td>
    </tr>
  )
}
