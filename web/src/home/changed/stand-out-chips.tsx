import { useMemo } from 'react'
import type { AttributeComparison, ChangeAnswer } from '../../../../contract/index.ts'
import { type Asked, useAnswer } from '../../api/use-answer.ts'
import { formatPercent } from '../../format/number.ts'
import { scopeConditions, writeConditions } from '../../shell/scope-filter.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { type Box, writeBox } from '../../traces/selection.ts'
import { useAddress, useTime } from '../../url/use-search.ts'
import { slowBox, standOutQuestion, standOuts, steppedSpan } from './stands-out.ts'

export interface StandOutsView {
  /** The slow requests; null where the change is of another kind. */
  readonly box: Box | null
  readonly asked: Asked<AttributeComparison>
}

/** Asks what the slow requests of a change have that the others have not; undefined: of none. */
export function useStandOuts(change: ChangeAnswer | undefined): StandOutsView {
  const { span } = useTime()
  const { f } = useAddress()
  const service = change?.service ?? ''
  const stepped = change === undefined ? span : steppedSpan(span, Date.parse(change.at))
  const box = change === undefined ? null : slowBox(change, stepped)
  const filters = useMemo(
    () => [{ field: 'service', operator: 'eq' as const, value: service }, ...scopeConditions(f)],
    [service, f],
  )
  const asked = useAnswer<AttributeComparison>({
    path: '/api/traces/attributes',
    body: box === null ? undefined : standOutQuestion(box, { span: stepped, filters }),
    isWanted: box !== null,
  })
  return { box, asked }
}

interface StandOutChipsProps {
  readonly service: string
  readonly view: StandOutsView
}

/** What tells the slow requests from the rest, with the way to the whole comparison; its line is there from the start. */
export function StandOutChips({ service, view: { box, asked } }: StandOutChipsProps) {
  if (box === null) return null
  const found = standOuts(asked.data?.shares ?? [])
  const words =
    asked.error?.message ??
    (asked.data === undefined ? 'comparing the slow requests with the rest …' : 'no attribute of the slow requests')
  return (
    <div className="row wrap stand-outs">
      <span className="t2 sm">Stands out:</span>
      {found.length === 0 && <span className="t3 sm">{words}</span>}
      {found.map(({ name, value, box: slow, rest }) => (
        <span key={name} className="chip">
          <span className="code ell">{name}</span>
          <b className="m ell">{value}</b>
          <span>
            <b className="m">{percent(slow)}</b> of slow, {percent(rest)} of rest
          </span>
        </span>
      ))}
      <ScreenLink to="traces" className="lnk sm" search={{ q: writeConditions({ service }), sel: writeBox(box) }}>
        Compare
      </ScreenLink>
    </div>
  )
}

function percent(share: number): string {
  return formatPercent(Math.round(share * 100) / 100)
}
