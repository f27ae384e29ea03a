import { formatAgainstUsual, formatCount, formatDuration, formatPercent } from '../format/number.ts'
import { Sparkline } from '../parts/sparkline.tsx'
import { Verdict } from '../parts/verdict.tsx'
import { useView } from '../state/view-store.ts'
import type { Column } from '../table/column.ts'
import type { ServiceRow } from './service-rows.ts'
import { Star } from './star.tsx'
import { ageOfVersion } from './version-age.ts'

const missing = <span className="t3">–</span>

/** Columns of the list of services. */
export const serviceColumns: readonly Column<ServiceRow>[] = [
  {
    ...{ id: 'name', words: 'Name', width: 160, grows: true, canSort: true },
    cell: ({ name }) => (
      <>
        <Star name={name} inRow />
        <span className="m ell">{name}</span>
      </>
    ),
  },
  {
    ...{ id: 'verdict', words: 'Verdict', width: 230, canSort: true },
    cell: ({ judgement, words }) => <Verdict judgement={judgement} words={words} />,
  },
  {
    ...{ id: 'rate', words: 'Requests/s', width: 140, isNumber: true, canSort: true },
    cell: ({ rates, now }) => (
      <>
        <Sparkline values={rates} />
        <span className="grow" />
        {formatCount(now.rate)}
      </>
    ),
  },
  {
    ...{ id: 'rate-usual', words: '', width: 56 },
    cell: ({ now, before }) => <Against value={now.rate} other={before?.rate ?? null} isGood />,
  },
  {
    ...{ id: 'errors', words: 'Errors', width: 140, isNumber: true, canSort: true },
    cell: ({ errors, now, judgement }) => (
      <>
        <Sparkline values={errors} tone={now.errors >= 0.05 ? 'bad' : 'plain'} />
        <span className="grow" />
        <span className={now.errors >= 0.05 && judgement === 'bad' ? 'err b' : now.errors >= 0.01 ? 'warn' : undefined}>
          {formatPercent(now.errors)}
        </span>
      </>
    ),
  },
  {
    ...{ id: 'p50', words: 'p50', width: 80, isNumber: true, canSort: true },
    cell: ({ now }) => <span className="t2">{formatDuration(now.p50)}</span>,
  },
  {
    ...{ id: 'p95', words: 'p95', width: 80, isNumber: true, canSort: true },
    cell: ({ now, judgement, words }) => {
      const tone = words.startsWith('p95') ? (judgement === 'bad' ? 'err' : 'warn') : ''
      return <span className={`b ${tone}`}>{formatDuration(now.p95)}</span>
    },
  },
  {
    ...{ id: 'p99', words: 'p99', width: 80, isNumber: true, canSort: true },
    cell: ({ now }) => <span className="t2">{formatDuration(now.p99)}</span>,
  },
  {
    ...{ id: 'p95-usual', words: 'p95 change', width: 92 },
    cell: ({ now, before }) => <Against value={now.p95} other={before?.p95 ?? null} />,
  },
  {
    ...{ id: 'share', words: 'Share of change', width: 124, canSort: true },
    cell: ({ changeShare }) =>
      changeShare < 0.005 ? (
        <span className="t2">0</span>
      ) : (
        <>
          <span className={changeShare >= 0.1 ? 'bar bad' : 'bar'} style={{ width: 48 }}>
            <i style={{ width: `${changeShare * 100}%` }} />
          </span>
          {Math.round(changeShare * 100)} %
        </>
      ),
  },
  {
    ...{ id: 'version', words: 'Version, age', width: 140, canSort: true },
    cell: ({ versions }) => <VersionCell versions={versions} />,
  },
]

function VersionCell({ versions }: { versions: ServiceRow['versions'] }) {
  const nowMs = useView((view) => view.nowMs)
  const [newest] = versions
  if (newest === undefined) return missing
  const age = ageOfVersion(newest, versions, nowMs)
  return (
    <span className="ell">
      <span className="t2">{newest.version}</span>
      {age !== '' && <b className="m"> {age}</b>}
    </span>
  )
}

interface AgainstProps {
  readonly value: number | null
  readonly other: number | null
  /** More is no fault: never red. */
  readonly isGood?: boolean
}

function Against({ value, other, isGood = false }: AgainstProps) {
  const words = formatAgainstUsual(value, other)
  if (words === '–') return missing
  const isFar = !isGood && value !== null && other !== null && other > 0 && value / other >= 2
  return <span className={isFar ? 'err' : 't2'}>{words}</span>
}
