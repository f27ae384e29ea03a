import type { Scope } from '../../model/scope.ts'
import type { Usual } from '../../store/read/services/red.ts'
import { serviceLinks } from '../../store/read/services/service-edges.ts'
import {
  bucketError,
  requestsByMinute,
  type ServiceMinutes,
  serviceMinutes,
  sightingsByMinute,
  usualByMinute,
} from '../../store/read/services/service-minutes.ts'
import {
  busiestServices,
  requestSteps,
  type ServiceStep,
  type SpanChoice,
} from '../../store/read/services/service-steps.ts'
import { type Filter, filterCondition } from '../fields/filters.ts'
import { spanFieldNamed } from '../fields/span-names.ts'
import type { QueryContext } from '../query-context.ts'
import { lately } from '../red/service-metrics.ts'
import { resolveTimeRange, type TimeRange, type TimeRangeQuestion, toNs } from '../time/time-range.ts'
import { rowsFor } from '../unified/ask-rows.ts'
import { enoughUsual, usualWindows } from '../usual.ts'
import type { Change, Judgement, UsualOfService } from './change.ts'
import { comingsAndGoings, deploysOf, type SeenVersion, type Sights, versionsSeen } from './comings.ts'
import { foldStories, type Story } from './stories.ts'
import { type Step, stretchesOf, usualFromBeginning } from './stretches.ts'

/** Steps of one length, in order of time. */
interface Frame {
  readonly startMs: number
  readonly seconds: number
  readonly count: number
  /** The first span of the range, or its start: the first step is cut off here. */
  readonly fromMs: number
}

/** How one service does against its usual. */
export interface ServiceState {
  readonly service: string
  readonly judgement: Judgement
  /** The worst that is true now, else the last that was; null: nothing left its usual. */
  readonly claim: Change | null
  /** Over the whole range; null where it served no request. */
  readonly now: ServiceStep | null
  readonly usual: UsualOfService | null
  /** Requests by step, one per step of the answer; empty where it served none. */
  readonly steps: readonly Step[]
  readonly versions: readonly SeenVersion[]
}

export interface Changes {
  readonly range: TimeRange
  /** The steps of all services: from the first span of the range to its end. */
  readonly steps: Frame
  readonly services: readonly ServiceState[]
  readonly stories: readonly Story[]
  /** Share by which durations may be off. */
  readonly durationError: number
  readonly message?: string
}

export interface ChangesQuestion {
  readonly timeRange: TimeRangeQuestion
  /** On spans; all must hold. */
  readonly filters: readonly Filter[]
}

/** Services of one answer; the busiest are kept, and the answer says so. */
const mostServices = 200
/** Steps that a range is cut into, about, and the shortest. */
const wantedSteps = 60
const shortestStepSeconds = 10
const roundSteps = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800]
/** How long before the range versions and services are looked for, so that what is old is not called new. */
const lookBackMs = { least: 3_600_000, most: 86_400_000 }
/** Pairs of version and step of one answer; beyond it the newest are missing, and the answer says so. */
const mostSightings = 20_000
/** Stories of one answer. */
const mostStories = 100

/** Milliseconds from which on a range is read by whole minutes, which are counted beforehand; it has sixty of them. */
const byMinuteFromMs = 3_600_000

/**
 * What left its usual, what came and what went in a range, folded by who calls whom, worst first. Reads minutes of
 * services (store/read/services/service-minutes.ts) of the range, of the two windows that say what is usual (query/usual.ts) and
 * of the hour before; of a range below an hour also its spans. Durations are within 2.2 %, but for such a short range.
 * Throws: BadQuestion, and what ColumnStore throws.
 */
export async function findChanges(context: QueryContext, scope: Scope, question: ChangesQuestion): Promise<Changes> {
  const asked = resolveTimeRange(question.timeRange, { nowMs: context.clock.nowMs(), path: 'time_range' })
  const range = wholeMinutes(asked)
  const [startMs, endMs] = [toMs(range.startNs), toMs(range.endNs)]
  const lookMs = Math.min(Math.max(endMs - startMs, lookBackMs.least), lookBackMs.most)
  const look = { startNs: toNs(Math.max(0, startMs - lookMs)), endNs: range.endNs }
  const spans = spanChoice(question.filters, look)
  const sightingSeconds = Math.max(60, roundStep((endMs - startMs) / 1000 / wantedSteps))
  const { reader } = context
  const windows = usualWindows(asked)
  const minutes = await serviceMinutes(reader, scope, { spans, range: around([look, ...windows]) })
  const [sightings, busiest, usual, links] = await Promise.all([
    sightingsByMinute(reader, scope, { minutes, range: look, stepSeconds: sightingSeconds, limit: mostSightings }),
    isByMinute(range)
      ? requestsByMinute(reader, scope, { minutes, range, limit: mostServices + 1 })
      : busiestServices(reader, scope, { spans, range, limit: mostServices + 1 }),
    usualByService(context, scope, { minutes, windows }),
    serviceLinks(reader, scope, { range: look, newest: lately(range) }),
  ])
  const firstMs = sightings.find(({ lastMs }) => lastMs >= startMs)?.firstMs ?? startMs
  const services = busiest.slice(0, mostServices)
  const frame = frameOf(Math.max(firstMs, startMs), endMs)
  const stepRows = await stepsOf(context, scope, { minutes, services, frame, endNs: range.endNs })
  const sights: Sights = { sightings, startMs, endMs, stepMs: sightingSeconds * 1000 }
  const steps = stepsByService(stepRows, frame, endMs)
  const states = statesOf({ services, steps, usual, sights })
  const weights = new Map(services.map(({ service, requests }) => [service, requests]))
  const stories = foldStories(states.changes, links, (service) => weights.get(service) ?? 0)
  const words = messageOf({ isCut: busiest.length > mostServices, isFull: sightings.length >= mostSightings })
  return {
    ...{ range, services: states.services, stories: stories.slice(0, mostStories) },
    steps: frame,
    durationError: isByMinute(range) ? bucketError : 0,
    ...(words === '' ? {} : { message: words }),
  }
}

function isByMinute({ startNs, endNs }: TimeRange): boolean {
  return toMs(endNs) - toMs(startNs) >= byMinuteFromMs
}

/** A range that is read by minutes begins with one. */
function wholeMinutes(range: TimeRange): TimeRange {
  return isByMinute(range) ? { ...range, startNs: range.startNs - (range.startNs % 60_000_000_000n) } : range
}

/** The range from the first start to the last end. */
function around(ranges: readonly TimeRange[]): TimeRange {
  const ascending = (times: bigint[]) => times.sort((a, b) => (a < b ? -1 : 1))
  const [startNs] = ascending(ranges.map((range) => range.startNs))
  const endNs = ascending(ranges.map((range) => range.endNs)).at(-1)!
  return { startNs, endNs }
}

interface StepsQuestion {
  readonly minutes: ServiceMinutes
  readonly services: readonly ServiceStep[]
  readonly frame: Frame
  readonly endNs: bigint
}

/** Requests by step: from minutes where steps are made of them, else straight from the spans. */
function stepsOf(
  { reader }: QueryContext,
  scope: Scope,
  { minutes, services, frame, endNs }: StepsQuestion,
): Promise<readonly ServiceStep[]> {
  const isOfMinutes = frame.seconds % 60 === 0
  const range = { startNs: toNs(isOfMinutes ? frame.startMs : Math.ceil(frame.fromMs)), endNs }
  const size = { stepSeconds: frame.seconds, limit: mostServices * (frame.count + 1) }
  if (isOfMinutes) return requestsByMinute(reader, scope, { minutes, range, ...size })
  const names = services.map(({ service }) => service)
  return requestSteps(reader, scope, { spans: minutes.spans, services: names, range, ...size })
}

function messageOf({ isCut, isFull }: { isCut: boolean; isFull: boolean }): string {
  const busiest = isCut ? `Only the ${mostServices} busiest services are judged.` : ''
  const versions = isFull ? 'More versions were seen than are shown; the newest are missing.' : ''
  return `${busiest} ${versions}`.trim()
}

function spanChoice(filters: readonly Filter[], look: TimeRange): SpanChoice {
  const fields = filters.map(({ field }) => spanFieldNamed(field))
  return {
    rows: rowsFor('traces', { fields, range: look }),
    conditions: filters.map((filter, at) => filterCondition(fields[at], filter, `filters[${at}]`)),
  }
}

function frameOf(fromMs: number, endMs: number): Frame {
  const seconds = roundStep((endMs - fromMs) / 1000 / wantedSteps)
  const startMs = Math.floor(fromMs / 1000 / seconds) * seconds * 1000
  return { startMs, seconds, count: Math.max(1, Math.ceil((endMs - startMs) / 1000 / seconds)), fromMs }
}

function roundStep(seconds: number): number {
  return roundSteps.find((step) => step >= Math.max(seconds, shortestStepSeconds)) ?? roundSteps[roundSteps.length - 1]
}

function stepsByService(
  rows: readonly ServiceStep[],
  frame: Frame,
  endMs: number,
): ReadonlyMap<string, readonly Step[]> {
  const services = new Map<string, Map<number, ServiceStep>>()
  for (const row of rows) {
    const known = services.get(row.service) ?? new Map<number, ServiceStep>()
    services.set(row.service, known.set(row.stepStart * 1000, row))
  }
  const starts = Array.from({ length: frame.count }, (_, at) => frame.startMs + at * frame.seconds * 1000)
  return new Map(
    [...services].map(([service, found]) => [
      service,
      starts.map((ms) => {
        const seconds = (Math.min(ms + frame.seconds * 1000, endMs) - Math.max(ms, frame.fromMs)) / 1000
        const { requests, errors, p95Us } = found.get(ms) ?? { requests: 0, errors: 0, p95Us: 0 }
        return { startMs: Math.max(ms, frame.fromMs), seconds: Math.max(seconds, 0.001), requests, errors, p95Us }
      }),
    ]),
  )
}

async function usualByService(
  context: QueryContext,
  scope: Scope,
  { minutes, windows }: { minutes: ServiceMinutes; windows: ReturnType<typeof usualWindows> },
): Promise<ReadonlyMap<string, UsualOfService>> {
  const limit = mostServices * 2
  const found = await Promise.all(
    windows.map((window) => usualByMinute(context.reader, scope, { minutes, window, limit })),
  )
  const services = new Set(found.flatMap((one) => [...one.keys()]))
  return new Map(
    [...services].flatMap((service) => {
      const known = found.flatMap((one, at) => enoughUsual(one.get(service)).map((usual) => ({ usual, at })))
      if (known.length === 0) return []
      const best = known.reduce((a, b) => (b.usual.p95Ns < a.usual.p95Ns ? b : a))
      const all = known.map(({ usual }) => usual)
      return [[service, usualOf(all, best.usual, windows[best.at].words)] as const]
    }),
  )
}

function usualOf(all: readonly Usual[], best: Usual, window: string): UsualOfService {
  return {
    p95Us: best.p95Ns / 1000,
    errorRate: Math.min(...all.map(({ errorRate }) => errorRate)),
    rate: best.spans / (best.minutes * 60),
    window,
  }
}

interface Judged {
  readonly services: readonly ServiceStep[]
  readonly steps: ReadonlyMap<string, readonly Step[]>
  readonly usual: ReadonlyMap<string, UsualOfService>
  readonly sights: Sights
}

/** The verdict of each service, and all changes. */
function statesOf({ services, steps, usual, sights }: Judged): { services: ServiceState[]; changes: Change[] } {
  const moves = comingsAndGoings(sights)
  const deploys = deploysOf(sights)
  const versions = versionsSeen(sights, deploys)
  const changes: Change[] = [...deploys]
  const figures = new Map(services.map((one) => [one.service, one]))
  const names = new Set([...figures.keys(), ...moves.map(({ service }) => service)])
  const states = [...names].map((service) => {
    const own = steps.get(service) ?? []
    const measure = usual.get(service) ?? usualFromBeginning(own)
    const stretches = measure === null ? [] : stretchesOf(service, own, measure)
    const moved = moves.filter((move) => move.service === service).map((move) => withUsual(move, measure))
    // Of a service that came or went, the requests that were not there need no second word.
    const told = [...moved, ...stretches.filter(({ kind }) => moved.length === 0 || kind !== 'rate')]
    changes.push(...told)
    const claim = worst(told)
    return {
      ...{ service, claim, now: figures.get(service) ?? null, usual: measure, steps: own },
      judgement: claim?.judgement ?? (measure === null ? 'none' : 'usual'),
      versions: versions.get(service) ?? [],
    } satisfies ServiceState
  })
  return { services: states, changes }
}

function withUsual(move: Change, measure: UsualOfService | null): Change {
  return move.kind === 'gone' ? { ...move, usual: measure?.rate ?? null } : move
}

const order: readonly Judgement[] = ['bad', 'watch', 'new', 'mended']

function worst(changes: readonly Change[]): Change | null {
  const sorted = [...changes].sort((a, b) => order.indexOf(a.judgement) - order.indexOf(b.judgement) || b.atMs - a.atMs)
  return sorted[0] ?? null
}

function toMs(ns: bigint): number {
  return Number(ns / 1_000_000n)
}
