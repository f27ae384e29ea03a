import type { Scope } from '../../model/scope.ts'
import {
  type AttributeValue,
  type BoxQuestion,
  boxFigures,
  closestTrace,
  maxComparedTraces,
  type ValueCounts,
  valueCounts,
  valueMasks,
} from '../../store/read/attribute-shares.ts'
import { all, float, sql, within } from '../../store/read/fragment.ts'
import { badQuestion } from '../faults.ts'
import type { QueryContext } from '../query-context.ts'
import { resolveTimeRange, type TimeRange } from '../time/time-range.ts'
import { type CountedQuestion, countedSpans } from './trace-heatmap.ts'

export interface BoxBounds {
  readonly start: string
  readonly end: string
  /** Microseconds; the least is included, the other is not. */
  readonly minDuration: number
  readonly maxDuration: number | undefined
}

/** How much more often something holds in the box than in the rest. */
export interface AttributeShare {
  readonly conditions: readonly AttributeValue[]
  /** Shares of the traces of either side, 0 to 1. */
  readonly box: number
  readonly rest: number
  /** Two-sided chance of such a difference between two samples of one whole. */
  readonly chance: number
}

export interface AttributeComparisonView {
  readonly range: TimeRange
  readonly boxRequests: number
  readonly restRequests: number
  readonly compared: { box: number; rest: number; attributes: number; pairs: number; sampled: boolean }
  readonly shares: readonly AttributeShare[]
  readonly closest: { traceId: string; startNs: bigint; durationNs: number } | null
}

/** Values of which pairs are made, and the least difference from which they are worth one. */
const pairedValues = 12
const pairedFrom = 0.05
/** A pair is told where its difference is larger than that of both its parts by this much. */
const pairGain = 0.02

/**
 * What traces with a request in the box have that the other traces of the range have not: every attribute of every span
 * and of its resource, and pairs of those that differ most. Throws: BadQuestion, and what ColumnStore throws.
 */
export async function compareAttributes(
  context: QueryContext,
  scope: Scope,
  question: CountedQuestion & { box: BoxBounds; limit: number },
): Promise<AttributeComparisonView> {
  const { range, rows, conditions } = countedSpans(context, question)
  const bounds = boundsOf(question.box, context.clock.nowMs())
  const box: BoxQuestion = { rows, conditions, range, inBox: insideOf(bounds) }
  const { reader } = context
  const [figures, counts, closest] = await Promise.all([
    boxFigures(reader, scope, box),
    valueCounts(reader, scope, box),
    closestTrace(reader, scope, { ...box, ...middleOf(bounds, range) }),
  ])
  const singles = counts.counts.map((one) => shareOf([one], one, counts))
  const pairs = await pairsOf({ context, scope }, box, { counts, singles })
  const shares = [...singles, ...pairs].sort((a, b) => b.box - b.rest - (a.box - a.rest))
  return {
    ...{ range, boxRequests: figures.box, restRequests: figures.rest, closest },
    compared: {
      ...{ box: counts.box, rest: counts.rest, attributes: counts.values, pairs: pairCount(singles) },
      sampled: Math.max(figures.boxTraces, figures.restTraces) > maxComparedTraces,
    },
    shares: shares.slice(0, question.limit),
  }
}

interface Bounds extends TimeRange {
  /** Nanoseconds. */
  readonly least: number
  readonly most: number | null
}

function boundsOf({ start, end, minDuration, maxDuration }: BoxBounds, nowMs: number): Bounds {
  const range = resolveTimeRange({ start, end }, { nowMs, path: 'box' })
  if (maxDuration !== undefined && maxDuration <= minDuration)
    throw badQuestion('box.max_duration', 'expected more than box.min_duration')
  return { ...range, least: minDuration * 1000, most: maxDuration === undefined ? null : maxDuration * 1000 }
}

function insideOf({ startNs, endNs, least, most }: Bounds) {
  const upper = most === null ? [] : [sql`greatest(duration, 0) < ${float(most)}`]
  return sql`(${all([within({ startNs, endNs }), sql`greatest(duration, 0) >= ${float(least)}`, ...upper])})`
}

/** The middle of the box: of its time, and of its durations on the logarithmic axis. */
function middleOf({ startNs, endNs, least, most }: Bounds, range: TimeRange) {
  const from = startNs > range.startNs ? startNs : range.startNs
  const until = endNs < range.endNs ? endNs : range.endNs
  const low = Math.max(least, 1000)
  const high = most ?? low * 3
  return {
    middleNs: (from + until) / 2n,
    durationNs: BigInt(Math.round(Math.sqrt(low * high))),
    lengthNs: until > from ? until - from : 1n,
  }
}

type Totals = Pick<ValueCounts, 'box' | 'rest'>

function shareOf(conditions: readonly AttributeValue[], found: Totals, totals: Totals): AttributeShare {
  const box = totals.box === 0 ? 0 : found.box / totals.box
  const rest = totals.rest === 0 ? 0 : found.rest / totals.rest
  const plain = conditions.map(({ service, name, value }) => ({ service, name, value }))
  return { conditions: plain, box, rest, chance: chanceOf(found, totals) }
}

/** Two-sided chance by the test of two proportions. */
function chanceOf(found: Totals, totals: Totals): number {
  const whole = totals.box + totals.rest
  const share = (found.box + found.rest) / Math.max(whole, 1)
  const spread = Math.sqrt(share * (1 - share) * (1 / Math.max(totals.box, 1) + 1 / Math.max(totals.rest, 1)))
  if (spread === 0) return 1
  const z = Math.abs(found.box / Math.max(totals.box, 1) - found.rest / Math.max(totals.rest, 1)) / spread
  return complementaryError(z / Math.SQRT2)
}

/** erfc for x ≥ 0 to seven digits. Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26. */
function complementaryError(x: number): number {
  const t = 1 / (1 + 0.3275911 * x)
  const series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
  return series * Math.exp(-x * x)
}

/** Values that pairs are made of: those that are more frequent in the box, each attribute of a service once. */
function pairable(singles: readonly AttributeShare[]): readonly AttributeShare[] {
  const seen = new Set<string>()
  return singles
    .filter(({ box, rest, conditions: [{ service, name }] }) => {
      const key = `${service}\n${name}`
      if (box - rest < pairedFrom || seen.has(key)) return false
      seen.add(key)
      return true
    })
    .slice(0, pairedValues)
}

function pairCount(singles: readonly AttributeShare[]): number {
  const n = pairable(singles).length
  return (n * (n - 1)) / 2
}

async function pairsOf(
  { context, scope }: { context: QueryContext; scope: Scope },
  box: BoxQuestion,
  { counts, singles }: { counts: Totals; singles: readonly AttributeShare[] },
): Promise<AttributeShare[]> {
  const chosen = pairable(singles)
  if (chosen.length < 2) return []
  const values = chosen.map(({ conditions }) => conditions[0])
  const masks = await valueMasks(context.reader, scope, { ...box, values })
  const found: AttributeShare[] = []
  for (let one = 0; one < chosen.length; one += 1)
    for (let other = one + 1; other < chosen.length; other += 1) {
      const both = (1 << one) | (1 << other)
      const fitting = masks.filter(({ mask }) => (mask & both) === both)
      const sum = (side: 'box' | 'rest') => fitting.reduce((total, figures) => total + figures[side], 0)
      const pair = shareOf([values[one], values[other]], { box: sum('box'), rest: sum('rest') }, counts)
      const better = Math.max(chosen[one].box - chosen[one].rest, chosen[other].box - chosen[other].rest)
      if (pair.box - pair.rest >= better + pairGain) found.push(pair)
    }
  return eachOnce(found)
}

/** The best pairs in which no value comes twice: values that always come together would fill the list. */
function eachOnce(pairs: readonly AttributeShare[]): AttributeShare[] {
  const used = new Set<string>()
  return pairs
    .toSorted((a, b) => b.box - b.rest - (a.box - a.rest))
    .filter(({ conditions }) => {
      const keys = conditions.map(({ service, name }) => `${service}\n${name}`)
      if (keys.some((key) => used.has(key))) return false
      for (const key of keys) used.add(key)
      return true
    })
}
