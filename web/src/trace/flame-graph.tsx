import { useRef } from 'react'
import type { TraceProfile } from '../../../contract/index.ts'
import { colourSlots } from '../charts/series.ts'
import { formatCount, formatDuration, formatPercent } from '../format/number.ts'
import { useWidth } from '../parts/use-width.ts'
import { useAddress, useChangeAddress } from '../url/use-search.ts'

type Frame = TraceProfile['frames'][number]

/** Pixels of one level, and the least width of a frame that is drawn. */
const levelPx = 22
const leastPx = 1.5

/** Paths of operations by the time spent in them; a click makes a path as wide as the picture, its table says the same. */
export function FlameGraph({ profile, onSelect }: { profile: TraceProfile; onSelect: (span: string) => void }) {
  const { focus } = useAddress()
  const change = useChangeAddress()
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const { frames } = profile
  const chosen = Math.min(Number(focus ?? -1), frames.length - 1)
  const at = Number.isInteger(chosen) && chosen >= 0 ? chosen : -1
  const placed = placeFrames(frames, at).filter(({ share }) => share * width >= leastPx)
  const slots = colourSlots([...new Set(frames.map(({ service }) => service))])
  const services = [...new Set(frames.map(({ service }) => service))]
  const whole = at < 0 ? totalOf(frames) : frames[at].time
  const deepest = Math.max(0, ...placed.map(({ frame }) => frame.depth))
  return (
    <div className="flame-view">
      <div className="row sm" style={{ minHeight: 28 }}>
        <span className="t2">
          {at < 0 ? 'Self time by path of operations' : `${frames[at].service} ${frames[at].operation}`},{' '}
          {formatDuration(whole / 1000)}
        </span>
        {at >= 0 && (
          <>
            <button type="button" className="lnk" onClick={() => change({ focus: undefined })}>
              Whole trace
            </button>
            <button type="button" className="lnk" onClick={() => onSelect(frames[at].span_id)}>
              Longest span
            </button>
          </>
        )}
        <span className="right" />
        {profile.left_out > 0 && <span className="t3">{formatCount(profile.left_out)} small ones are left out</span>}
      </div>
      <div ref={box} className="flame" style={{ height: (deepest + 1) * levelPx }}>
        {placed.map(({ frame, index, left, share }) => (
          <button
            key={index}
            type="button"
            className={frame.errors > 0 ? 'flame-frame bad' : 'flame-frame'}
            title={`${frame.service} ${frame.operation}: ${formatDuration(frame.time / 1000)}, self ${formatDuration(frame.self_time / 1000)}, ${formatCount(frame.count)} spans`}
            style={{
              ...{ left: `${left * 100}%`, width: `${share * 100}%`, top: frame.depth * levelPx },
              borderLeftColor: `var(--s${slots[services.indexOf(frame.service)]})`,
            }}
            onClick={() => change({ focus: index === at ? undefined : String(index) })}
          >
            {share * width > 44 && (
              <>
                <span className="m">{frame.service}</span> <span className="code">{frame.operation}</span>{' '}
                {formatPercent(Math.round((frame.time / Math.max(whole, 1)) * 1000) / 1000)}
              </>
            )}
          </button>
        ))}
      </div>
      <FlameTable frames={frames} whole={totalOf(frames)} onSelect={onSelect} />
    </div>
  )
}

interface Placed {
  readonly frame: Frame
  readonly index: number
  /** Shares of the width. */
  readonly left: number
  readonly share: number
}

/** Places of the frames where one of them, its ancestors and what is below it are shown; all of them for -1. */
function placeFrames(frames: readonly Frame[], chosen: number): Placed[] {
  const ancestors = new Set<number>()
  for (let up = chosen; up >= 0; up = frames[up].parent) ancestors.add(up)
  const total = Math.max(chosen < 0 ? totalOf(frames) : frames[chosen].time, 1e-9)
  const placed = new Map<number, Placed>()
  const reached = new Map<number, number>()
  for (const [index, frame] of frames.entries()) {
    const above = placed.get(frame.parent)
    if (frame.parent >= 0 && above === undefined) continue
    if (ancestors.has(index)) {
      placed.set(index, { frame, index, left: 0, share: 1 })
      continue
    }
    if (chosen >= 0 && (frame.parent < 0 || (ancestors.has(frame.parent) && frame.parent !== chosen))) continue
    const left = reached.get(frame.parent) ?? above?.left ?? 0
    const share = frame.time / total
    reached.set(frame.parent, left + share)
    placed.set(index, { frame, index, left, share })
  }
  return [...placed.values()]
}

function totalOf(frames: readonly Frame[]): number {
  return frames.reduce((sum, { parent, time }) => (parent < 0 ? sum + time : sum), 0)
}

/** Rows of the table below the picture. */
const mostRows = 40

function FlameTable({
  frames,
  whole,
  onSelect,
}: {
  frames: readonly Frame[]
  whole: number
  onSelect: (span: string) => void
}) {
  const rows = frames.toSorted((one, other) => other.self_time - one.self_time).slice(0, mostRows)
  return (
    <table className="table" style={{ marginTop: 16 }}>
      <caption className="seen-by-readers">Paths of operations by self time</caption>
      <thead>
        <tr>
          <th scope="col">Path ends in</th>
          <th scope="col" className="n">
            Spans
          </th>
          <th scope="col" className="n">
            Self time
          </th>
          <th scope="col" className="n">
            With all below
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((frame) => (
          <tr key={frames.indexOf(frame)}>
            <td>
              <button type="button" className="lnk" onClick={() => onSelect(frame.span_id)}>
                {frame.service} <span className="code">{frame.operation}</span>
              </button>
            </td>
            <td className="n">{formatCount(frame.count)}</td>
            <td className="n">
              {formatDuration(frame.self_time / 1000)} ·{' '}
              {formatPercent(Math.round((frame.self_time / Math.max(whole, 1)) * 1000) / 1000)}
            </td>
            <td className="n">{formatDuration(frame.time / 1000)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
