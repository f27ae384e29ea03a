import type {
  AttributeComparison,
  AttributeComparisonRequest,
  ChangeAnswer,
  FilterRequest,
} from '../../../../contract/index.ts'
import { timeRangeOf } from '../../services/questions.ts'
import { type Span, unitMs } from '../../time/range.ts'
import { type Box, isTold } from '../../traces/selection.ts'

/** Attributes that are named. */
const mostNamed = 2
/** Shares that are asked for: the same attribute comes once from each service that passes it on. */
const mostAsked = 12
/**
 * The range is asked in steps of this length, ms, once it is this old: Home looks every 15 seconds, and comparing
 * thousands of traces each time would cost more than all else on it.
 */
const stepMs = 5 * unitMs.m
const firstStepMs = unitMs.m

/** The slow requests of a change, since it began: nearer to what it took than to its usual. Null for other changes. */
export function slowBox(
  change: Pick<ChangeAnswer, 'kind' | 'at' | 'until' | 'value' | 'usual'>,
  span: Span,
): Box | null {
  const { kind, at, until, value, usual } = change
  if (kind !== 'latency' || value === null || usual === null || value <= usual || usual <= 0) return null
  const fromMs = Math.max(Date.parse(at), span.fromMs)
  const toMs = Math.min(until === null ? span.toMs : Date.parse(until), span.toMs)
  // Two digits: both figures move a little with each look, and the question should not.
  const least = Number(Math.sqrt(value * usual).toPrecision(2))
  return toMs > fromMs ? { fromMs, toMs, least, most: null } : null
}

/** The span as of the last full step, so that the question stays the same for a while. */
export function steppedSpan({ fromMs, toMs }: Span, sinceMs: number): Span {
  const step = toMs - sinceMs >= 2 * stepMs ? stepMs : firstStepMs
  const endMs = Math.floor(toMs / step) * step
  return endMs > sinceMs ? { fromMs: endMs - (toMs - fromMs), toMs: endMs } : { fromMs, toMs }
}

export function standOutQuestion(
  box: Box,
  { span, filters }: { span: Span; filters: FilterRequest[] },
): AttributeComparisonRequest {
  const { start, end } = timeRangeOf(box)
  return {
    ...{ time_range: timeRangeOf(span), filters, limit: mostAsked },
    box: { start, end, min_duration: box.least },
  }
}

/** One attribute that slow requests have more often than the rest; shares from 0 to 1. */
export interface StandOut {
  readonly name: string
  readonly value: string
  readonly box: number
  readonly rest: number
}

/** What tells most, each attribute once, whichever service has it; pairs of attributes are left to the comparison. */
export function standOuts(shares: AttributeComparison['shares']): StandOut[] {
  const found = new Map<string, StandOut>()
  for (const share of shares.filter(isTold)) {
    const [{ name, value }] = share.conditions
    if (share.conditions.length === 1 && !found.has(name))
      found.set(name, { name, value, box: share.box, rest: share.rest })
  }
  return [...found.values()].slice(0, mostNamed)
}
