import type { AttributeComparison } from '../../../contract/index.ts'
import type { Asked } from '../api/use-answer.ts'
import { formatCount, formatDuration, formatPercent } from '../format/number.ts'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { VerdictMark } from '../parts/verdict.tsx'
import { ScreenLink } from '../shell/screen-link.tsx'
import { formatClockMs } from '../time/zone.ts'
import { useAddress, useChangeAddress, useTime } from '../url/use-search.ts'
import { isTold } from './selection.ts'

type Share = AttributeComparison['shares'][number]

/** What the box has that the rest has not: attributes and pairs of them, the largest difference first. */
export function BoxComparison({ asked }: { asked: Asked<AttributeComparison> }) {
  const { zone } = useTime()
  const state = usePanelState(asked, ({ compared }) =>
    compared.box > 0 ? null : { kind: 'empty', words: 'No request lies in the box.' },
  )
  const data = asked.data
  const shares = (data?.shares ?? []).filter(isTold)
  return (
    <Panel
      title="What the box has that the rest has not"
      state={state}
      cost={asked.cost}
      isFlush
      aside={
        data !== undefined && (
          <span className="sm t2 row">
            <i className="share-key box" /> box, {formatCount(data.box_requests)}
            <i className="share-key" /> rest, {formatCount(data.rest_requests)}
          </span>
        )
      }
    >
      {data !== undefined && (
        <>
          {shares.length === 0 ? (
            <p className="t2" style={{ padding: '8px 12px' }}>
              No attribute tells the box from the rest.
            </p>
          ) : (
            <Shares shares={shares} />
          )}
          <p className="sm t2" style={{ padding: '8px 12px' }}>
            {comparedWords(data)}
          </p>
          {data.closest !== null && (
            <p className="closest">
              <VerdictMark judgement="new" />
              <span>
                Faster than reading them all:{' '}
                <ScreenLink to={`traces/${data.closest.trace_id}`}>
                  open {formatDuration(data.closest.duration / 1000)} at{' '}
                  {formatClockMs(Date.parse(data.closest.start_time), zone)}
                </ScreenLink>
                , the trace closest to the middle of the box.
              </span>
            </p>
          )}
        </>
      )}
    </Panel>
  )
}

function comparedWords({ compared }: AttributeComparison): string {
  const { attributes, pairs, box, rest, sampled } = compared
  const whole = `${formatCount(attributes)} values of attributes and ${formatCount(pairs)} pairs compared over ${formatCount(box)} traces of the box and ${formatCount(rest)} of the rest`
  return sampled ? `${whole}, a sample: 5,000 of either side at most.` : `${whole}, none sampled.`
}

function Shares({ shares }: { shares: readonly Share[] }) {
  return (
    <table className="table shares">
      <thead>
        <tr>
          <th scope="col">Attribute</th>
          <th scope="col">Value</th>
          <th scope="col">Share</th>
          <th scope="col" className="n wide-only">
            Difference
          </th>
          <th scope="col" className="wide-only">
            Chance
          </th>
          <th scope="col" className="wide-only">
            <span className="seen-by-readers">Acts</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {shares.map((share) => (
          <ShareRow key={JSON.stringify(share.conditions)} share={share} />
        ))}
      </tbody>
    </table>
  )
}

function ShareRow({ share: { conditions, box, rest, chance } }: { share: Share }) {
  const { q = '' } = useAddress()
  const change = useChangeAddress()
  const only = () => {
    const added = conditions
      .slice(0, 1)
      .flatMap(({ service, name, value }) => [`service:${service}`, `${name}:${value}`])
    change({ q: [q, ...added].filter((part) => part !== '').join(' '), sel: undefined })
  }
  const hasSpace = conditions.some(({ service, value }) => /\s/.test(service + value))
  return (
    <tr>
      <td>
        {conditions.map(({ service, name }) => (
          <div key={`${service} ${name}`} className="share-name">
            <span className="code">{name}</span> <span className="t3 sm">of {service}</span>
          </div>
        ))}
      </td>
      <td>
        {conditions.map(({ name, value }) => (
          <div key={name} className="ell cut" title={value}>
            {value}
          </div>
        ))}
      </td>
      <td>
        <ShareBar share={box} isBox />
        <ShareBar share={rest} />
      </td>
      <td className="n b wide-only">+{Math.round((box - rest) * 100)} pt</td>
      <td className="wide-only t2">{chance < 0.001 ? 'p < 0.001' : `p = ${chance.toFixed(3)}`}</td>
      <td className="wide-only">
        {!hasSpace && (
          <button type="button" className="btn small" onClick={only}>
            Only
          </button>
        )}
      </td>
    </tr>
  )
}

function ShareBar({ share, isBox = false }: { share: number; isBox?: boolean }) {
  return (
    <div className="share-row">
      <span className="share-bar">
        <i className={isBox ? 'box' : ''} style={{ width: `${share * 100}%` }} />
      </span>
      <span className="sm">{formatPercent(Math.round(share * 100) / 100)}</span>
    </div>
  )
}
