import type { AttributeComparison, TraceHeatmap } from '../../../contract/index.ts'

/** Chance below which a difference is told, and least difference. */
const significant = 0.01
const leastDifference = 0.02

/** The box has it more often than the rest, and hardly by chance. */
export function isTold({ box, rest, chance }: AttributeComparison['shares'][number]): boolean {
  return box - rest >= leastDifference && chance < significant
}

/** Requests of a part of the range that took a certain time. */
export interface Box {
  readonly fromMs: number
  readonly toMs: number
  /** Microseconds; the least is included. */
  readonly least: number
  /** Not reached; null for no upper end. */
  readonly most: number | null
}

/** `sel=box:1795438440,1795439880,1.3s,4.2s`; null where the text is none. Either duration may be left out. */
export function readBox(sel: string | undefined): Box | null {
  const parts = sel?.startsWith('box:') ? sel.slice('box:'.length).split(',') : []
  if (parts.length !== 4) return null
  const [fromMs, toMs] = [Number(parts[0]) * 1000, Number(parts[1]) * 1000]
  const least = parts[2] === '' ? 0 : readDuration(parts[2])
  const most = parts[3] === '' ? null : readDuration(parts[3])
  if (!(fromMs < toMs) || least === undefined || most === undefined) return null
  return most !== null && most <= least ? null : { fromMs, toMs, least, most }
}

export function writeBox({ fromMs, toMs, least, most }: Box): string {
  const seconds = (ms: number) => String(Number((ms / 1000).toFixed(3)))
  return `box:${seconds(fromMs)},${seconds(toMs)},${least <= 0 ? '' : writeDuration(least)},${most === null ? '' : writeDuration(most)}`
}

const micros: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1_000_000 }

function readDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(text)
  return match === null ? undefined : Number(match[1]) * micros[match[2]]
}

function writeDuration(us: number): string {
  const unit = us >= 1_000_000 ? 's' : us >= 1000 ? 'ms' : 'us'
  return `${Number((us / micros[unit]).toPrecision(4))}${unit}`
}

/** The row of a heatmap in which a duration lies. */
export function rowOf(us: number, perDecade: number): number {
  return Math.log10(Math.max(us, 1)) * perDecade
}

/** Where a row of a heatmap begins, microseconds. */
export function rowStart(row: number, perDecade: number): number {
  return 10 ** (row / perDecade)
}

/** Rows that are drawn: those with requests and one on each side, two decades at least. */
export function drawnRows({ cells, per_decade }: TraceHeatmap): readonly [number, number] {
  const rows = cells.map(([, row]) => row)
  const low = Math.max(0, Math.min(...rows, Number.MAX_SAFE_INTEGER) - 1)
  const high = Math.max(...rows, 0) + 2
  if (rows.length === 0) return [per_decade * 3, per_decade * 6]
  return high - low >= 2 * per_decade ? [low, high] : [Math.max(0, high - 2 * per_decade), high]
}

/** Requests in a box, as far as the cells tell: a cell counts where its middle lies inside. */
export function countIn(map: TraceHeatmap, box: Box): number {
  const firstMs = Date.parse(map.first_column)
  return map.cells.reduce((sum, [column, row, count]) => {
    const ms = firstMs + (column + 0.5) * map.step_seconds * 1000
    const us = rowStart(row + 0.5, map.per_decade)
    const isIn = ms >= box.fromMs && ms < box.toMs && us >= box.least && (box.most === null || us < box.most)
    return isIn ? sum + count : sum
  }, 0)
}

/** The slowest tenth of all requests, over the whole range. */
export function slowestTenth(map: TraceHeatmap, span: { fromMs: number; toMs: number }): Box {
  const byRow = new Map<number, number>()
  for (const [, row, count] of map.cells) byRow.set(row, (byRow.get(row) ?? 0) + count)
  let left = map.total * 0.1
  let row = 0
  for (const [at, count] of [...byRow].sort(([one], [other]) => other - one)) {
    row = at
    left -= count
    if (left <= 0) break
  }
  return { ...span, least: rowStart(row, map.per_decade), most: null }
}
