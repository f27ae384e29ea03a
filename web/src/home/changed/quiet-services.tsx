import { useState } from 'react'
import type { ServiceStateAnswer } from '../../../../contract/index.ts'
import { formatDuration, formatPercent } from '../../format/number.ts'
import { Sparkline } from '../../parts/sparkline.tsx'
import { Icon } from '../../shell/icons.tsx'
import { ScreenLink } from '../../shell/screen-link.tsx'

/** Lines shown at once. */
const mostShown = 20

/** Services in which nothing changed, so that they can be ruled out. */
export function QuietServices({ services }: { services: readonly ServiceStateAnswer[] }) {
  const [isOpen, setOpen] = useState(true)
  const quiet = services.filter(({ judgement, now }) => (judgement === 'usual' || judgement === 'none') && now !== null)
  if (quiet.length === 0) return null
  const isJudged = quiet.some(({ usual }) => usual !== null)
  return (
    <div className="story quiet">
      <button type="button" className="quiet-head" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name={isOpen ? 'down' : 'right'} />
        <span className="m">
          {quiet.length} {quiet.length === 1 ? 'service' : 'services'} {isJudged ? 'as usual' : 'without a usual yet'}
        </span>
        <span className="t3 ell">
          {isJudged ? 'kept so that you can rule them out' : 'after some minutes there is something to compare with'}
        </span>
      </button>
      {isOpen && (
        <ul className="quiet-list">
          {quiet.slice(0, mostShown).map((state) => (
            <Quiet key={state.service} state={state} />
          ))}
        </ul>
      )}
    </div>
  )
}

function Quiet({ state }: { state: ServiceStateAnswer }) {
  const { service, now, usual, versions, p95 } = state
  const latency = formatDuration((now?.latency.p95 ?? 0) / 1000)
  return (
    <li>
      <ScreenLink to={`services/${encodeURIComponent(service)}`} className="name-link ell">
        {service}
      </ScreenLink>
      <span className="t3 ell wide-only">{versions[0]?.version ?? ''}</span>
      <span className="t2 ell">
        p95 {latency}
        {usual !== null && `, usual ${formatDuration(usual.p95 / 1000)}`} · errors {formatPercent(now?.error_rate)}
      </span>
      <Sparkline values={p95} width={96} />
    </li>
  )
}
