import { useMemo } from 'react'
import type { ChangesAnswer, ServiceStateAnswer } from '../../../../contract/index.ts'
import { type ChartData, fillingFrom } from '../../charts/series.ts'
import { TimeSeries } from '../../charts/time-series.tsx'
import { Verdict, VerdictMark } from '../../parts/verdict.tsx'
import { claimWords, entryOf, evidenceOf, headingOf } from '../../services/change-words.ts'
import { deploysIn } from '../../services/use-changes.ts'
import { useChartActs } from '../../services/use-chart-acts.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { formatClock } from '../../time/zone.ts'
import { useTime } from '../../url/use-search.ts'
import { courseOf, type Story } from './course.ts'
import { DeployMark } from './deploy-mark.tsx'
import { StandOutChips, type StandOutsView } from './stand-out-chips.tsx'

/** Entries of the story that are shown; the others are at the services. */
const mostEntries = 7

interface FirstStoryProps {
  readonly story: Story
  readonly state: ServiceStateAnswer | undefined
  readonly changes: ChangesAnswer
  readonly standOuts: StandOutsView
}

/** The story that most users feel: its course at the left, what happened in order of time at the right. */
export function FirstStory({ story, state, changes, standOuts }: FirstStoryProps) {
  const { zone, nowMs } = useTime()
  const { head } = story
  const data = useMemo(() => chartOf({ story, state, changes, nowMs }), [story, state, changes, nowMs])
  const acts = useChartActs(head.service)
  const services = new Set(story.changes.map(({ service }) => service)).size
  return (
    <article className="story first" aria-label={headingOf(head)}>
      <div className="row wrap">
        <span className="rank">1</span>
        <Verdict judgement={head.judgement} words={claimWords(head, zone)} />
        <h3 style={{ fontSize: 16, lineHeight: '24px' }}>{headingOf(head)}</h3>
        <span className="t2 sm">{evidenceOf(head, zone)}</span>
        <span className="right" />
        <ScreenLink to={`services/${encodeURIComponent(head.service)}`} className="btn pri">
          Open {head.service}
        </ScreenLink>
      </div>
      <div className="story-body">
        {data !== null && (
          <div className="story-chart">
            <TimeSeries
              title={`${head.service} ${data.series[0].name}`}
              data={data}
              zone={zone}
              height={112}
              {...acts}
            />
          </div>
        )}
        <div className="col grow">
          <div className="t3 sm m">
            One story, {story.changes.length === 1 ? 'one change' : `${story.changes.length} changes`}
            {services > 1 ? ` of ${services} services` : ''}, oldest first
          </div>
          <ol className="entries">
            {story.changes.slice(0, mostEntries).map((change) => {
              const { words, figure } = entryOf(change)
              return (
                <li key={`${change.kind} ${change.service} ${change.at}`}>
                  <span className="t3 when">{formatClock(Date.parse(change.at), zone)}</span>
                  {change.kind === 'deploy' ? <DeployMark /> : <VerdictMark judgement={change.judgement} />}
                  <span className="grow ell">
                    <ScreenLink to={`services/${encodeURIComponent(change.service)}`} className="m name-link">
                      {change.service}
                    </ScreenLink>{' '}
                    {words}
                  </span>
                  <span className={change.judgement === 'bad' ? 'err figure' : 't2 figure'}>{figure}</span>
                </li>
              )
            })}
          </ol>
          {story.changes.length > mostEntries && (
            <span className="t3 sm">and {story.changes.length - mostEntries} more</span>
          )}
        </div>
      </div>
      <StandOutChips service={head.service} view={standOuts} />
    </article>
  )
}

type ChartParts = Omit<FirstStoryProps, 'standOuts'> & { readonly nowMs: number }

function chartOf({ story, state, changes, nowMs }: ChartParts): ChartData | null {
  const { head } = story
  const course = state === undefined ? null : courseOf(head.kind, state)
  if (course === null) return null
  const startMs = Date.parse(changes.steps.start)
  const stepMs = changes.steps.seconds * 1000
  const span = { fromMs: startMs, toMs: Date.parse(changes.time_range.end) }
  const services = new Set(story.changes.map(({ service }) => service))
  const times = course.values.map((_, at) => startMs + at * stepMs)
  const fillingMs = fillingFrom(times, stepMs, nowMs)
  return {
    span,
    times,
    ...(fillingMs === undefined ? {} : { fillingMs }),
    unit: course.unit,
    series: [
      {
        ...{ name: course.words, values: course.values, isFilled: true },
        colour: head.kind === 'errors' ? 'err-fill' : 's1',
      },
      ...(course.usual === null
        ? []
        : [{ name: 'usual', values: course.values.map(() => course.usual), colour: 's10', isDashed: true }]),
    ],
    deploys: deploysIn(changes)
      .filter(({ service }) => services.has(service))
      .map(({ at, service, version }) => ({ ms: Date.parse(at), words: `${service} ${version}` })),
    firing: [{ fromMs: Date.parse(head.at), toMs: head.until === null ? span.toMs : Date.parse(head.until) }],
  }
}
