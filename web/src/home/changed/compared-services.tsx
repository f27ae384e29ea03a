import type { ReactNode } from 'react'
import type { QueryAnswer } from '../../../../contract/index.ts'
import { formatDuration } from '../../format/number.ts'
import { Panel } from '../../parts/panel.tsx'
import { costOfAll, usePanelState } from '../../parts/panel-state.ts'
import { Sparkline } from '../../parts/sparkline.tsx'
import { VerdictMark } from '../../parts/verdict.tsx'
import { useComparison } from '../../services/compare-with.tsx'
import { type ServiceRow, sortRows } from '../../services/service-rows.ts'
import { useStars } from '../../services/star.tsx'
import { useChanges } from '../../services/use-changes.ts'
import { useServiceRows } from '../../services/use-service-rows.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { useAddress } from '../../url/use-search.ts'
import { comparedWords, splitCompared } from './compared.ts'
import { MineSwitch, NothingOfMine, useIsMine } from './mine-switch.tsx'
import { QuietList } from './quiet-services.tsx'

/** Services that are listed; the others are in Services. */
const mostShown = 15

interface ComparedServicesProps {
  /** The choice of the other time, for the head of the panel. */
  readonly choice: ReactNode
}

/** What differs from another time, by service: stories are folded against the usual alone. */
export function ComparedServices({ choice }: ComparedServicesProps) {
  const { asked, before, rows } = useServiceRows()
  const { kind, words } = useComparison()
  const otherTime = kind === 'deploy' ? `the time ${words}` : words
  const { stars } = useStars()
  const isMine = useIsMine()
  const { stateOf } = useChanges()
  const isKnown = before.data !== undefined
  const state = usePanelState<QueryAnswer>(
    isKnown ? asked : { ...asked, data: undefined, error: asked.error ?? before.error },
  )
  const all = splitCompared(sortRows(rows, '-share'))
  const isShown = ({ name }: ServiceRow) => !isMine || stars.has(name)
  const changed = all.changed.filter(isShown)
  const same = all.same.filter(isShown)
  const mine = all.changed.filter(({ name }) => stars.has(name)).length
  return (
    <Panel
      title="What changed"
      sub={`ranked by what users wait longer, against ${otherTime}`}
      state={state}
      aside={
        <>
          <MineSwitch all={isKnown ? all.changed.length : undefined} mine={isKnown ? mine : undefined} />
          {choice}
        </>
      }
      isFlush
      cost={costOfAll([asked, before])}
      className="what-changed"
    >
      {changed.slice(0, mostShown).map((row, at) => (
        <ComparedRow key={row.name} rank={at + 1} row={row} course={stateOf(row.name)?.p95 ?? []} />
      ))}
      {changed.length > mostShown && (
        <p className="story t2">And {changed.length - mostShown} more; Services shows each.</p>
      )}
      {changed.length === 0 && isMine && <NothingOfMine />}
      {changed.length === 0 && !isMine && <p className="story t2">Nothing differs from {otherTime}.</p>}
      {same.length > 0 && (
        <QuietList
          title={`${same.length} ${same.length === 1 ? 'service does' : 'services do'} not differ`}
          sub="kept so that you can rule them out"
          entries={same.map((row) => ({
            service: row.name,
            version: row.versions[0]?.version ?? '',
            words: comparedWords(row),
            course: stateOf(row.name)?.p95 ?? [],
          }))}
        />
      )}
    </Panel>
  )
}

interface ComparedRowProps {
  readonly rank: number
  readonly row: ServiceRow
  /** Its 95th percentile by step. */
  readonly course: readonly (number | null)[]
}

function ComparedRow({ rank, row, course }: ComparedRowProps) {
  const { cmp } = useAddress()
  const { name, judgement, now, before } = row
  const figures = comparedWords(row)
  return (
    <article className="story row" aria-label={`${name}: ${row.words}`}>
      <span className="rank">{rank}</span>
      <VerdictMark judgement={judgement} />
      <div className="grow">
        <div className="ell">
          <ScreenLink
            to={`services/${encodeURIComponent(name)}`}
            className="m name-link"
            {...(cmp === undefined ? {} : { search: { cmp } })}
          >
            {name}
          </ScreenLink>{' '}
          <span className="t2">{row.words}</span>
        </div>
        <div className="t2 sm ell" title={figures}>
          {figures}
        </div>
      </div>
      {course.length > 0 && (
        <Sparkline
          values={course}
          tone={judgement === 'bad' ? 'bad' : judgement === 'watch' ? 'watch' : 'plain'}
          width={96}
          height={20}
        />
      )}
      <div className="story-value wide-only">
        <div className="m">{formatDuration(now.p95)}</div>
        <div className="t3 sm">{before === null ? '' : `was ${formatDuration(before.p95)}`}</div>
      </div>
    </article>
  )
}
