import type { ServiceStateAnswer } from '../../../../contract/index.ts'
import { Sparkline } from '../../parts/sparkline.tsx'
import { VerdictMark } from '../../parts/verdict.tsx'
import { evidenceOf, headingOf, usualWords, valueWords } from '../../services/change-words.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { useTime } from '../../url/use-search.ts'
import { courseOf, type Story } from './course.ts'
import { DeployMark } from './deploy-mark.tsx'

interface StoryRowProps {
  readonly rank: number
  readonly story: Story
  readonly state: ServiceStateAnswer | undefined
}

/** One story in a line: what happened, since when, its course, its figure against the usual. */
export function StoryRow({ rank, story, state }: StoryRowProps) {
  const { zone } = useTime()
  const { head, changes } = story
  const course = state === undefined ? null : courseOf(head.kind, state)
  const others = changes.length - 1
  const isOpen = head.judgement === 'bad' || head.judgement === 'watch'
  return (
    <article className="story row" aria-label={headingOf(head)}>
      <span className="rank">{rank}</span>
      {head.kind === 'deploy' ? <DeployMark /> : <VerdictMark judgement={head.judgement} />}
      <div className="grow">
        <div className="ell">
          <ScreenLink to={`services/${encodeURIComponent(head.service)}`} className="m name-link">
            {headingOf(head)}
          </ScreenLink>
        </div>
        <div className="t2 sm ell" title={evidenceOf(head, zone)}>
          {evidenceOf(head, zone)}
          {others > 0 && `, with ${others} more ${others === 1 ? 'change' : 'changes'}`}
        </div>
      </div>
      {course !== null && (
        <Sparkline
          values={course.values}
          tone={isOpen ? (head.judgement === 'bad' ? 'bad' : 'watch') : 'plain'}
          width={96}
          height={20}
        />
      )}
      <div className="story-value wide-only">
        <div className="m">{head.value === null ? '' : valueWords(head)}</div>
        <div className="t3 sm">{usualWords(head)}</div>
      </div>
    </article>
  )
}
