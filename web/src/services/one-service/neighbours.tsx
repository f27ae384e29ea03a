import type { ServiceMapAnswer } from '../../../../contract/index.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { formatCount, formatDuration, formatPercent } from '../../format/number.ts'
import { Panel } from '../../parts/panel.tsx'
import { costOfAll, usePanelState } from '../../parts/panel-state.ts'
import { type Judgement, VerdictMark } from '../../parts/verdict.tsx'
import { ScreenLink } from '../../shell/screen-link.tsx'
import type { Span } from '../../time/range.ts'
import { useTime } from '../../url/use-search.ts'
import { useComparison } from '../compare-with.tsx'
import { comparedSpan } from '../comparison.ts'
import { timeRangeOf } from '../questions.ts'

type Edge = ServiceMapAnswer['dependencies'][number]

const kinds = { service: '', database: 'database', messaging: 'queue', external: 'third party' } as const

/** Who calls the service and what it calls, each against the other time. */
export function Neighbours({ service }: { service: string }) {
  const { span } = useTime()
  const comparison = useComparison(service)
  const asked = useAnswer<ServiceMapAnswer>({ path: mapPath(service, span) })
  const before = useAnswer<ServiceMapAnswer>({ path: mapPath(service, comparedSpan(span, comparison)) })
  const state = usePanelState(asked, ({ dependencies }) =>
    dependencies.length === 0
      ? { kind: 'empty', words: 'It called nobody in this range, and nobody called it.' }
      : null,
  )
  const edges = asked.data?.dependencies ?? []
  const callers = edges.filter(({ target }) => target === service)
  const called = edges.filter(({ source }) => source === service)
  const typeOf = (name: string) => asked.data?.services.find((one) => one.name === name)?.type ?? 'service'
  const wasOf = ({ source, target }: Edge) =>
    before.data?.dependencies.find((one) => one.source === source && one.target === target)
  const hasBefore = (before.data?.dependencies.length ?? 0) > 0
  const rowOf = (edge: Edge, name: string) => (
    <Row
      key={`${edge.source} ${edge.target}`}
      name={name}
      kind={typeOf(name)}
      edge={edge}
      was={wasOf(edge)}
      hasBefore={hasBefore}
    />
  )
  return (
    <Panel title="Callers and dependencies" state={state} cost={costOfAll([asked, before])} isFlush>
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Service</th>
              {['calls/s', 'errors', 'mean'].map((word) => (
                <th key={word} scope="col" className="n">
                  {word}
                </th>
              ))}
              {hasBefore && (
                <th scope="col" className="n" title="Mean in the other time">
                  was
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {callers.length > 0 && <Section words="Called by" hasBefore={hasBefore} />}
            {callers.map((edge) => rowOf(edge, edge.source))}
            {called.length > 0 && <Section words="Calls" hasBefore={hasBefore} />}
            {called.map((edge) => rowOf(edge, edge.target))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function mapPath(service: string, span: Span): string {
  const { start, end } = timeRangeOf(span)
  return `/api/service-map?time_range=${encodeURIComponent(`${start}/${end}`)}&service=${encodeURIComponent(service)}`
}

function Section({ words, hasBefore }: { words: string; hasBefore: boolean }) {
  return (
    <tr>
      <th scope="rowgroup" colSpan={hasBefore ? 5 : 4}>
        {words}
      </th>
    </tr>
  )
}

interface RowProps {
  readonly name: string
  readonly kind: ServiceMapAnswer['services'][number]['type']
  readonly edge: Edge
  readonly was: Edge | undefined
  readonly hasBefore: boolean
}

function Row({ name, kind, edge, was, hasBefore }: RowProps) {
  const judgement = judged(edge, was, hasBefore)
  return (
    <tr>
      <td>
        <span className="row">
          <VerdictMark judgement={judgement} />
          {kind === 'service' ? (
            <ScreenLink to={`services/${encodeURIComponent(name)}`} className="m name-link">
              {name}
            </ScreenLink>
          ) : (
            <span className="m">{name}</span>
          )}
          <span className="t3 sm">
            {kinds[kind]}
            {judgement === 'new' && `${kinds[kind] === '' ? '' : ', '}new in this range`}
          </span>
        </span>
      </td>
      <td className="n">{formatCount(edge.request_rate)}</td>
      <td className={edge.error_rate >= 0.05 ? 'n err' : 'n'}>{formatPercent(edge.error_rate)}</td>
      <td className={judgement === 'bad' ? 'n b err' : 'n b'}>{formatDuration(edge.avg_latency)}</td>
      {hasBefore && <td className="n t2">{formatDuration(was?.avg_latency)}</td>}
    </tr>
  )
}

/** Mean against the other time from which a call is bad, and worth a look; and by so much, ms. */
const badTimes = 2
const watchTimes = 1.5
const leastMs = 5
const badErrors = 0.05

function judged(edge: Edge, was: Edge | undefined, hasBefore: boolean): Judgement {
  if (edge.error_rate >= badErrors && edge.error_rate > (was?.error_rate ?? 0) * 2) return 'bad'
  if (was === undefined) return hasBefore ? 'new' : 'none'
  if (edge.avg_latency < was.avg_latency + leastMs) return 'usual'
  const times = edge.avg_latency / was.avg_latency
  return times >= badTimes ? 'bad' : times >= watchTimes ? 'watch' : 'usual'
}
