import { useAnswer } from '../api/use-answer.ts'
import { formatDuration } from '../format/number.ts'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { Verdict, VerdictMark } from '../parts/verdict.tsx'
import { ageWords } from './ledger.ts'
import { type ActiveTarget, type TargetsAnswer, targetRows } from './targets.ts'

/** Milliseconds between two looks. */
const lookEveryMs = 5000
/** Targets that are listed; those that are down come first. */
const mostShown = 100

/** What is scraped, and why it is not where it is down. */
export function ScrapeTargets() {
  const asked = useAnswer<TargetsAnswer>({ path: '/api/v1/targets?state=active', everyMs: lookEveryMs })
  const rows = targetRows(asked.data)
  const down = rows.filter(({ health }) => health === 'down').length
  const state = usePanelState(asked)
  // Without a target there is nothing to look after: the ways to send say how to get one.
  if (asked.data !== undefined && rows.length === 0) return null
  return (
    <Panel
      title="Scrape targets"
      {...(asked.data === undefined ? {} : { sub: `${rows.length} followed` })}
      state={state}
      cost={asked.cost}
      isFlush
      aside={
        asked.data === undefined ? null : down === 0 ? (
          <Verdict judgement="usual" words="All answer" />
        ) : (
          <Verdict judgement="bad" words={`${down} down`} />
        )
      }
    >
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Target</th>
              <th scope="col" className="wide-only">
                Job
              </th>
              <th scope="col" className="n wide-only">
                took
              </th>
              <th scope="col" className="n wide-only">
                every
              </th>
              <th scope="col" className="n">
                last
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, mostShown).map((target) => (
              <Target key={`${target.scrapePool} ${target.scrapeUrl}`} target={target} nowMs={asked.answeredMs} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > mostShown && (
        <p className="t3 sm" style={{ padding: '8px 12px' }}>
          And {rows.length - mostShown} more.
        </p>
      )}
    </Panel>
  )
}

function Target({ target, nowMs }: { target: ActiveTarget; nowMs: number }) {
  const { health, scrapeUrl, labels, lastError, lastScrape, lastScrapeDuration, scrapeInterval } = target
  const isNever = lastScrape.startsWith('0001-')
  return (
    <tr>
      <td>
        <span className="row">
          <VerdictMark judgement={health === 'up' ? 'usual' : health === 'down' ? 'bad' : 'none'} />
          <span className="code">{scrapeUrl}</span>
          <span className="seen-by-readers">{health}</span>
        </span>
        {lastError !== '' && <div className="err sm target-error">{lastError}</div>}
      </td>
      <td className="t2 wide-only">{labels.job ?? target.scrapePool}</td>
      <td className="n wide-only">{isNever ? '–' : formatDuration(lastScrapeDuration * 1000)}</td>
      <td className="n t2 wide-only">{scrapeInterval}</td>
      <td className="n t2">{ageWords(isNever ? null : lastScrape, nowMs)}</td>
    </tr>
  )
}
