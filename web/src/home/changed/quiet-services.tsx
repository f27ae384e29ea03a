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
  const quiet = services.filter(({ judgement, now }) => (judgement === 'usual' || judgement === 'none') && now !== null)
  if (quiet.length === 0) return null
  const isJudged = quiet.some(({ usual }) => usual !== null)
  return (
    <QuietList
      title={`${quiet.length} ${quiet.length === 1 ? 'service' : 'services'} ${isJudged ? 'as usual' : 'without a usual yet'}`}
      sub={isJudged ? 'kept so that you can rule them out' : 'after some minutes there is something to compare with'}
      entries={quiet.map(({ service, now, usual, versions, p95 }) => ({
        ...{ service, version: versions[0]?.version ?? '', course: p95 },
        words: `p95 ${formatDuration((now?.latency.p95 ?? 0) / 1000)}${
          usual === null ? '' : `, usual ${formatDuration(usual.p95 / 1000)}`
        } · errors ${formatPercent(now?.error_rate)}`,
      }))}
    />
  )
}

interface QuietEntry {
  readonly service: string
  readonly version: string
  readonly words: string
  readonly course: readonly (number | null)[]
}

interface QuietListProps {
  readonly title: string
  readonly sub: string
  readonly entries: readonly QuietEntry[]
}

/** Lines that fold away below those that matter more. */
export function QuietList({ title, sub, entries }: QuietListProps) {
  const [isOpen, setOpen] = useState(true)
  return (
    <div className="story quiet">
      <button type="button" className="quiet-head" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name={isOpen ? 'down' : 'right'} />
        <span className="m">{title}</span>
        <span className="t3 ell">{sub}</span>
      </button>
      {isOpen && (
        <ul className="quiet-list">
          {entries.slice(0, mostShown).map(({ service, version, words, course }) => (
            <li key={service}>
              <ScreenLink to={`services/${encodeURIComponent(service)}`} className="name-link ell">
                {service}
              </ScreenLink>
              <span className="t3 ell wide-only">{version}</span>
              <span className="t2 ell" title={words}>
                {words}
              </span>
              <Sparkline values={course} width={96} />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
