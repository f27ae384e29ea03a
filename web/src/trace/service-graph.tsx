import type { TraceOverview, TraceProfile } from '../../../contract/index.ts'
import { formatCount, formatDuration } from '../format/number.ts'

const nodeW = 168
const nodeH = 44
const gapX = 96
const gapY = 16

interface Node {
  readonly name: string
  readonly x: number
  readonly y: number
  readonly figures: TraceOverview['services'][number]
}

/** The services of the trace from left to right by who calls whom, and the same as a table. */
export function ServiceGraph({ trace, profile }: { trace: TraceOverview; profile: TraceProfile }) {
  const nodes = placeNodes(trace, profile.calls)
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const width = Math.max(...nodes.map(({ x }) => x + nodeW), nodeW) + 4
  const height = Math.max(...nodes.map(({ y }) => y + nodeH), nodeH) + 4
  return (
    <div className="trace-graph">
      <div style={{ overflowX: 'auto' }}>
        <svg width={width} height={height} role="img" aria-label={`${nodes.length} services and their calls`}>
          {profile.calls.map(({ from, to, errors }) => (
            <Edge key={`${from} ${to}`} from={byName.get(from)} to={byName.get(to)} isBad={errors > 0} />
          ))}
          {nodes.map(({ name, x, y, figures }) => (
            <g key={name} transform={`translate(${x + 2} ${y + 2})`}>
              <rect
                className={figures.errors > 0 ? 'graph-node bad' : 'graph-node'}
                width={nodeW}
                height={nodeH}
                rx={6}
              />
              <text x={10} y={18} className="graph-name">
                {name.length > 20 ? `${name.slice(0, 10)}…${name.slice(-8)}` : name}
              </text>
              <text x={10} y={35} className="graph-words">
                {formatCount(figures.spans)} spans, self {formatDuration(figures.self_time / 1000)}
              </text>
            </g>
          ))}
        </svg>
      </div>
      <CallTable calls={profile.calls} />
    </div>
  )
}

function Edge({ from, to, isBad }: { from: Node | undefined; to: Node | undefined; isBad: boolean }) {
  if (from === undefined || to === undefined) return null
  const [x1, y1, x2, y2] = [from.x + nodeW + 2, from.y + nodeH / 2 + 2, to.x + 2, to.y + nodeH / 2 + 2]
  const bend = Math.max((x2 - x1) / 2, 24)
  return (
    <path
      className={isBad ? 'graph-edge bad' : 'graph-edge'}
      d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}
    />
  )
}

/** Levels by the shortest way from a service that nobody calls; in a level in the order of the trace. */
function placeNodes({ services }: TraceOverview, calls: TraceProfile['calls']): Node[] {
  const levels = new Map<string, number>()
  const called = new Set(calls.map(({ to }) => to))
  const first = services.filter(({ name }) => !called.has(name))
  let wave = (first.length > 0 ? first : services.slice(0, 1)).map(({ name }) => name)
  for (let level = 0; wave.length > 0; level += 1) {
    for (const name of wave) levels.set(name, level)
    const reached = new Set(wave)
    wave = [...new Set(calls.filter(({ from, to }) => reached.has(from) && !levels.has(to)).map(({ to }) => to))]
  }
  const counts = new Map<number, number>()
  return services.map((figures) => {
    const level = levels.get(figures.name) ?? 0
    const row = counts.get(level) ?? 0
    counts.set(level, row + 1)
    return { name: figures.name, x: level * (nodeW + gapX), y: row * (nodeH + gapY), figures }
  })
}

function CallTable({ calls }: { calls: TraceProfile['calls'] }) {
  if (calls.length === 0) return <p className="t2">All spans are of one service.</p>
  return (
    <table className="table" style={{ marginTop: 16, maxWidth: 720 }}>
      <thead>
        <tr>
          <th scope="col">Caller</th>
          <th scope="col">Called</th>
          <th scope="col" className="n">
            Calls
          </th>
          <th scope="col" className="n">
            Errors
          </th>
          <th scope="col" className="n">
            Time
          </th>
        </tr>
      </thead>
      <tbody>
        {calls.map(({ from, to, count, errors, time }) => (
          <tr key={`${from} ${to}`}>
            <td>{from}</td>
            <td>{to}</td>
            <td className="n">{formatCount(count)}</td>
            <td className={errors > 0 ? 'n err' : 'n'}>{formatCount(errors)}</td>
            <td className="n">{formatDuration(time / 1000)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
