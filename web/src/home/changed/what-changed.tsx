import { type ReactNode, useMemo } from 'react'
import type { ChangesAnswer, ServiceStateAnswer } from '../../../../contract/index.ts'
import { Panel } from '../../parts/panel.tsx'
import { costOfAll, usePanelState } from '../../parts/panel-state.ts'
import { CompareWith, useComparison } from '../../services/compare-with.tsx'
import { useStars } from '../../services/star.tsx'
import type { ChangesView } from '../../services/use-changes.ts'
import { useChangeAddress } from '../../url/use-search.ts'
import { ComparedServices } from './compared-services.tsx'
import { FirstStory } from './first-story.tsx'
import { storiesOf } from './mine.ts'
import { MineSwitch, NothingOfMine, useIsMine } from './mine-switch.tsx'
import { QuietServices } from './quiet-services.tsx'
import { useStandOuts } from './stand-out-chips.tsx'
import { StoryRow } from './story-row.tsx'

/** Stories that are listed; the others are behind the services. */
const mostShown = 12
const none: ChangesAnswer['stories'] = []

/** What changed in the range: against the usual in stories, against another time by service. */
export function WhatChanged({ changes }: { changes: ChangesView }) {
  const { kind } = useComparison()
  const { stars } = useStars()
  const isMine = useIsMine()
  const all = changes.asked.data?.stories ?? none
  const mine = useMemo(() => storiesOf(all, stars), [all, stars])
  const choice = <CompareWith isSmall />
  if (kind !== 'usual') return <ComparedServices choice={choice} />
  const stories = isMine ? mine : all
  // Anew where another service comes first: what stood out in the one before must not be told of it.
  return (
    <Stories
      key={stories[0]?.head.service ?? ''}
      {...{ changes, stories, isMine, choice }}
      counts={changes.asked.data === undefined ? undefined : { all: all.length, mine: mine.length }}
    />
  )
}

interface StoriesProps {
  readonly changes: ChangesView
  /** Those that are shown. */
  readonly stories: ChangesAnswer['stories']
  readonly counts: { readonly all: number; readonly mine: number } | undefined
  readonly isMine: boolean
  readonly choice: ReactNode
}

/** Everything that left its usual, came or went, folded into stories, worst first; the first one is unfolded. */
function Stories({ changes, stories, counts, isMine, choice }: StoriesProps) {
  const change = useChangeAddress()
  const { asked, stateOf } = changes
  const state = usePanelState(asked, ({ services }) =>
    services.length === 0
      ? {
          kind: 'empty',
          words: 'No service sent spans in this range.',
          reason: 'What changed is read from spans. Data shows what arrives and how to send it.',
          actions: [{ words: 'Widen to 24 hours', run: () => change({ from: 'now-1d', to: 'now' }) }],
        }
      : null,
  )
  const { stars } = useStars()
  const services = asked.data?.services ?? []
  const [first, ...others] = stories
  const isUnfolded = first !== undefined && (first.head.judgement === 'bad' || first.head.judgement === 'watch')
  const standOuts = useStandOuts(isUnfolded ? first.head : undefined)
  const rows = isUnfolded ? others : stories
  return (
    <Panel
      title="What changed"
      sub={`ranked by how far users feel it${windowWords(services)}`}
      state={state}
      aside={
        <>
          <MineSwitch all={counts?.all} mine={counts?.mine} />
          {choice}
        </>
      }
      isFlush
      cost={costOfAll([asked, standOuts.asked])}
      {...((asked.data?.duration_error ?? 0) > 0 ? { foot: <span className="t3">durations within 2 %</span> } : {})}
      className="what-changed"
    >
      {asked.data?.message !== undefined && <p className="story t2">{asked.data.message}</p>}
      {isUnfolded && (
        <FirstStory story={first} state={stateOf(first.head.service)} changes={asked.data!} standOuts={standOuts} />
      )}
      {rows.slice(0, mostShown).map((story, at) => (
        <StoryRow
          key={`${story.head.kind} ${story.head.service} ${story.head.at}`}
          rank={at + (isUnfolded ? 2 : 1)}
          story={story}
          state={stateOf(story.head.service)}
        />
      ))}
      {rows.length > mostShown && <p className="story t2">And {rows.length - mostShown} more; Services shows each.</p>}
      {stories.length === 0 && isMine && <NothingOfMine />}
      {stories.length === 0 && !isMine && <p className="story t2">Nothing left its usual, and nothing came or went.</p>}
      <QuietServices services={services.filter(({ service }) => !isMine || stars.has(service))} />
    </Panel>
  )
}

/** Which time is usual, where all services agree. */
function windowWords(services: readonly ServiceStateAnswer[]): string {
  const windows = new Set(services.flatMap(({ usual }) => (usual === null ? [] : [usual.window])))
  return windows.size === 1 ? `, against ${[...windows][0]}` : ', against what is usual'
}
