import type { ChangesAnswer, ServiceStateAnswer } from '../../../contract/index.ts'
import type { Asked } from '../api/use-answer.ts'
import { formatCount, formatDuration, formatPercent } from '../format/number.ts'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { Sparkline } from '../parts/sparkline.tsx'
import { VerdictMark } from '../parts/verdict.tsx'
import { claimWords } from '../services/change-words.ts'
import { ScreenLink } from '../shell/screen-link.tsx'
import { useTime } from '../url/use-search.ts'
import { worstFirst } from './worst-first.ts'

/** Services of the short list. */
const mostShown = 8

/** The services, worst first, with the course of their durations. */
export function WorstServices({ asked }: { asked: Asked<ChangesAnswer> }) {
  const { zone } = useTime()
  const state = usePanelState(asked, ({ services }) =>
    services.length === 0 ? { kind: 'empty', words: 'No service sent spans in this range.' } : null,
  )
  const services = worstFirst(asked.data?.services ?? [])
  return (
    <Panel
      title="Services, worst first"
      state={state}
      cost={asked.cost}
      isFlush
      aside={
        <ScreenLink to="services" className="lnk sm">
          All {asked.data === undefined ? 'services' : services.length}
        </ScreenLink>
      }
    >
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col" className="n">
              req/s
            </th>
            <th scope="col" className="n">
              errors
            </th>
            <th scope="col" className="n">
              p95
            </th>
            <th scope="col" className="wide-only">
              <span className="seen-by-readers">Course of p95</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {services.slice(0, mostShown).map((service) => (
            <Row key={service.service} state={service} zone={zone} />
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function Row({ state, zone }: { state: ServiceStateAnswer; zone: string }) {
  const { service, judgement, claim, now } = state
  const tone = judgement === 'bad' ? 'bad' : judgement === 'watch' ? 'watch' : 'plain'
  const isAbout = (kind: 'latency' | 'errors') => (claim?.kind === kind && claim.until === null ? toneClass(tone) : '')
  const words = claim === null ? 'Usual' : claimWords(claim, zone)
  return (
    <tr>
      <td title={words}>
        <span className="row">
          <VerdictMark judgement={judgement} />
          <ScreenLink to={`services/${encodeURIComponent(service)}`} className="m ell name-link">
            {service}
          </ScreenLink>
          <span className="seen-by-readers">{words}</span>
        </span>
      </td>
      <td className="n">{formatCount(now?.request_rate)}</td>
      <td className={`n ${isAbout('errors')}`}>{formatPercent(now?.error_rate)}</td>
      <td className={`n m ${isAbout('latency')}`}>{formatDuration(now === null ? null : now.latency.p95 / 1000)}</td>
      <td className="wide-only" style={{ width: 72 }}>
        <Sparkline values={state.p95} tone={tone} />
      </td>
    </tr>
  )
}

function toneClass(tone: 'bad' | 'watch' | 'plain'): string {
  return tone === 'bad' ? 'err' : tone === 'watch' ? 'warn' : ''
}
