import type { ServiceMetrics } from '../../../contract/index.ts'
import { Seen } from '../api/seen.tsx'
import { useAnswer } from '../api/use-answer.ts'
import { writeConditions } from '../shell/scope-filter.ts'
import { ScreenLink } from '../shell/screen-link.tsx'
import { registerSidePanel } from '../side/panel-kinds.ts'
import { useTime } from '../url/use-search.ts'
import { Endpoints } from './one-service/endpoints.tsx'
import { Neighbours } from './one-service/neighbours.tsx'
import { Resources } from './one-service/resources.tsx'
import { timeRangeOf } from './questions.ts'
import { RedCharts } from './red-charts.tsx'
import { Star } from './star.tsx'

registerSidePanel('service', { word: 'Service', body: ServicePanel })

/** One service beside the list: how it does over time, what it serves, what it calls, what it runs short of. */
function ServicePanel({ id }: { id: string }) {
  const metrics = useServiceMetrics(id)
  return (
    <div className="side-body">
      <div className="row wrap">
        <Star name={id} />
        <h2 style={{ fontSize: 16 }}>{id}</h2>
        <span className="right" />
        <ScreenLink to={`services/${encodeURIComponent(id)}`} className="btn small">
          Full page
        </ScreenLink>
        <ScreenLink
          to="traces"
          search={{ q: writeConditions({ service: id }), sort: '-duration' }}
          className="btn small"
        >
          Traces of {id}
        </ScreenLink>
      </div>
      <RedCharts service={id} />
      <Seen>
        <Endpoints service={id} metrics={metrics} />
      </Seen>
      <Resources data={metrics} />
      <Seen>
        <Neighbours service={id} />
      </Seen>
    </div>
  )
}

/** Figures and resources of one service over the range. */
export function useServiceMetrics(service: string): ServiceMetrics | undefined {
  const { span } = useTime()
  const { start, end } = timeRangeOf(span)
  const range = encodeURIComponent(`${start}/${end}`)
  const path = `/metrics?service=${encodeURIComponent(service)}&timerange=${range}&format=json`
  return useAnswer<ServiceMetrics>({ path }).data
}
