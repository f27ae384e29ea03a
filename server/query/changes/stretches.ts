import type { Change, UsualOfService } from './change.ts'

/** Requests of one step; `seconds` is the part of it that lies in the range. Steps without requests have zeros. */
export interface Step {
  readonly startMs: number
  readonly seconds: number
  readonly requests: number
  readonly errors: number
  readonly p95Us: number
}

/** A run of steps that are judged together, because each alone has too few requests. */
interface Bin extends Step {
  readonly endMs: number
}

/** Requests from which a bin says something; fewer steps are added up, but no more than so many. */
const leastRequests = 10
const mostSteps = 5
/** Requests that are expected of a bin before their absence means anything. */
const leastExpected = 20
/**
 * A duration is out beyond this multiple of the usual one and by so much that people may feel it; bad from the others
 * on. (Marks in a trace begin at 10 ms more: there somebody looks at one request already.)
 */
const slowTimes = 1.5
const slowByUs = 50_000
const badTimes = 2
const badByUs = 100_000
/** Errors are out beyond twice the usual share, by a point, and more than one; bad by five points. */
const errorTimes = 2
const errorsBy = 0.01
const leastErrors = 2
const badErrorsBy = 0.05
/** Requests are out below a third or above three times the usual. */
const rateTimes = 3
/** So many bins in a row begin a stretch, and so many end it: one alone is chance … */
const binsToBegin = 2
/** … and less than so long is no stretch either … */
const leastStretchMs = 60_000
const binsToEnd = 3
/** … unless it is as large as this. */
const largeBin = 100
/**
 * The bins at the beginning of a range that say what is usual where nothing older does: a tenth, but at least so many
 * and so long, and as many must follow. Few bins scatter much: of their durations the upper quartile is taken.
 */
const earlyShare = 0.1
const leastEarlyBins = 4
const leastEarlyMs = 60_000
const earlyQuantile = 0.75

/** Stretches of the range in which the service was not as usual, in order of time. */
export function stretchesOf(service: string, steps: readonly Step[], usual: UsualOfService): Change[] {
  const bins = binsOf(steps, ({ requests }) => requests >= leastRequests)
  const latency = runsOf(bins, ({ p95Us }) => p95Us > usual.p95Us * slowTimes && p95Us > usual.p95Us + slowByUs).map(
    (run) => {
      const value = quantile(
        run.bins.map(({ p95Us }) => p95Us),
        0.5,
      )
      const isBad = value >= usual.p95Us * badTimes && value >= usual.p95Us + badByUs
      return changeOf({ service, kind: 'latency', run, value, usual: usual.p95Us }, isBad)
    },
  )
  const errors = runsOf(bins, (bin) => hasFailed(bin, usual.errorRate)).map((run) => {
    const value = share(run.bins)
    return changeOf(
      { service, kind: 'errors', run, value, usual: usual.errorRate },
      value >= usual.errorRate + badErrorsBy,
    )
  })
  const all = [errors, latency, rateStretches(service, steps, usual)]
  return all.flatMap(lastOnes).sort((a, b) => a.atMs - b.atMs)
}

/** Of one kind: what goes on, and the last that is over; what came before that is not news. */
function lastOnes(changes: readonly Change[]): Change[] {
  const over = changes.findLast(({ untilMs }) => untilMs !== null)
  const open = changes.find(({ untilMs }) => untilMs === null)
  return [over, open].filter((change) => change !== undefined)
}

/** What the beginning of the range says is usual; null where it says too little. */
export function usualFromBeginning(steps: readonly Step[]): UsualOfService | null {
  const present = steps.slice(steps.findIndex(({ requests }) => requests > 0))
  const bins = binsOf(present, ({ requests }) => requests >= leastRequests)
  const long = bins.findIndex(({ endMs }) => endMs - bins[0].startMs >= leastEarlyMs) + 1
  const early = bins.slice(0, Math.max(leastEarlyBins, long, Math.ceil(bins.length * earlyShare)))
  if (long === 0 || bins.length < early.length * 2) return null
  const requests = sum(early, (bin) => bin.requests)
  return {
    p95Us: quantile(
      early.map(({ p95Us }) => p95Us),
      earlyQuantile,
    ),
    errorRate: share(early),
    rate: requests / sum(early, ({ seconds }) => seconds),
    window: 'the beginning of this range',
  }
}

function rateStretches(service: string, steps: readonly Step[], usual: UsualOfService): Change[] {
  // The newest step is still being filled: what is missing in it is on its way.
  const bins = binsOf(steps.slice(0, -1), ({ seconds }) => seconds * usual.rate >= leastExpected)
  const rate = ({ requests, seconds }: Bin) => requests / seconds
  const isExpected = ({ seconds }: Bin) => seconds * usual.rate >= leastExpected
  const isOut = (bin: Bin) =>
    isExpected(bin) && (rate(bin) < usual.rate / rateTimes || rate(bin) > usual.rate * rateTimes)
  return runsOf(bins, isOut, false).map((run) => {
    const value = sum(run.bins, ({ requests }) => requests) / sum(run.bins, ({ seconds }) => seconds)
    return changeOf({ service, kind: 'rate', run, value, usual: usual.rate }, false)
  })
}

function hasFailed({ requests, errors }: Bin, usualRate: number): boolean {
  if (errors < leastErrors) return false
  const rate = errors / requests
  return rate > usualRate * errorTimes && rate >= usualRate + errorsBy
}

/** Adds up steps until a bin has enough. What is left over at the end is a bin if it has enough by itself. */
function binsOf(steps: readonly Step[], isEnough: (bin: Bin) => boolean): Bin[] {
  const bins: Bin[] = []
  let open: Bin | null = null
  let held = 0
  for (const step of steps) {
    const endMs = step.startMs + step.seconds * 1000
    open = open === null ? { ...step, endMs } : added(open, step, endMs)
    held += 1
    if (!isEnough(open) && held < mostSteps) continue
    bins.push(open)
    open = null
    held = 0
  }
  return open !== null && isEnough(open) ? [...bins, open] : bins
}

/** The 95th percentiles of steps cannot be added up; their mean by requests is near enough for a few neighbours. */
function added(bin: Bin, step: Step, endMs: number): Bin {
  const requests = bin.requests + step.requests
  return {
    ...{ startMs: bin.startMs, endMs, seconds: bin.seconds + step.seconds, requests, errors: bin.errors + step.errors },
    p95Us: requests === 0 ? 0 : (bin.p95Us * bin.requests + step.p95Us * step.requests) / requests,
  }
}

interface Run {
  readonly bins: readonly Bin[]
  readonly isOver: boolean
}

/** Runs of bins that are out. Bins without requests say nothing about durations and errors. */
function runsOf(all: readonly Bin[], isOut: (bin: Bin) => boolean, skipsEmpty = true): Run[] {
  const bins = skipsEmpty ? all.filter(({ requests }) => requests > 0) : all
  const runs: Run[] = []
  let out: Bin[] = []
  let back = 0
  let between = 0
  const isLong = () => out[out.length - 1].endMs - out[0].startMs >= leastStretchMs
  const isStretch = () =>
    (out.length >= binsToBegin && out.length > between && isLong()) ||
    (skipsEmpty && out.some(({ requests }) => requests >= largeBin))
  for (const bin of bins) {
    if (isOut(bin)) {
      out.push(bin)
      between += back
      back = 0
      continue
    }
    if (out.length > 0) back += 1
    if (back < binsToEnd) continue
    if (isStretch()) runs.push({ bins: out, isOver: true })
    out = []
    back = 0
    between = 0
  }
  if (out.length > 0 && isStretch()) runs.push({ bins: out, isOver: false })
  return runs
}

interface Found {
  readonly service: string
  readonly kind: 'latency' | 'errors' | 'rate'
  readonly run: Run
  readonly value: number
  readonly usual: number
}

function changeOf({ service, kind, run, value, usual }: Found, isBad: boolean): Change {
  return {
    ...{ kind, service, value, usual },
    judgement: run.isOver ? 'mended' : isBad ? 'bad' : 'watch',
    atMs: run.bins[0].startMs,
    untilMs: run.isOver ? run.bins[run.bins.length - 1].endMs : null,
  }
}

function share(bins: readonly Bin[]): number {
  const requests = sum(bins, (bin) => bin.requests)
  return requests === 0 ? 0 : sum(bins, ({ errors }) => errors) / requests
}

function sum(bins: readonly Bin[], of: (bin: Bin) => number): number {
  return bins.reduce((total, bin) => total + of(bin), 0)
}

function quantile(values: readonly number[], level: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(Math.floor(sorted.length * level), sorted.length - 1)] ?? 0
}
