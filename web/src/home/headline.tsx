import type { ChangesAnswer } from '../../../contract/index.ts'
import { formatClock, formatDay } from '../time/zone.ts'
import { useTenant, useTime } from '../url/use-search.ts'
import { changedSince, needsPerson } from './home-counts.ts'
import { useLastVisit } from './use-last-visit.ts'

interface HeadlineProps {
  readonly changes: ChangesAnswer | undefined
  readonly isFirstRun: boolean
  /** What changed could not be asked; the panels say why. */
  readonly hasFailed: boolean
}

/** The answer first: how much needs a person, and what is new since the last visit. */
export function Headline({ changes, isFirstRun, hasFailed }: HeadlineProps) {
  const tenant = useTenant()
  const { zone, nowMs } = useTime()
  const visitMs = useLastVisit(tenant)
  if (isFirstRun) return <h2 className="headline">Nothing has been sent here yet.</h2>
  if (changes === undefined && hasFailed) return <h2 className="headline">What changed is not known.</h2>
  if (changes === undefined) return <h2 className="headline late">Looking at what changed …</h2>
  const sinceVisit = visitMs === null ? null : changedSince(changes, visitMs)
  return (
    <h2 className="headline">
      {needsPerson(changes)}
      {visitMs !== null && sinceVisit !== null && (
        <>
          {' '}
          {sinceVisit} since you were here at{' '}
          {formatDay(visitMs, zone) === formatDay(nowMs, zone) ? '' : `${formatDay(visitMs, zone)} `}
          {formatClock(visitMs, zone)}.
        </>
      )}
    </h2>
  )
}
