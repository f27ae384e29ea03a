import type { Scope } from '../../model/scope.ts'
import type { NsRange } from '../../store/read/fragment.ts'
import { type SeriesFigures, seriesFigures } from '../../store/read/samples.ts'
import {
  type SeriesRow,
  selectSeries,
  seriesNamed,
  seriesOfServices,
  seriesServiceOf,
} from '../../store/read/series.ts'
import type { QueryContext } from '../query-context.ts'
import { type Judgement, judgementOf, resourceNamePattern } from './resource-rules.ts'

/** A resource of a service at its fullest in a range. */
export interface ResourceFinding {
  readonly title: string
  readonly service: string
  readonly metric: string
  readonly labels: Readonly<Record<string, string>>
  /** Greatest value in the range, and when it was newest. */
  readonly value: number
  readonly timestampMs: number
  /** Null where the metric has no limit. */
  readonly maxValue: number | null
  readonly isWarning: boolean
  /** The rule that chose it, in words. */
  readonly reason: string
}

export interface FoundResources {
  readonly findings: readonly ResourceFinding[]
  /** What was not looked at, in words. */
  readonly message?: string
}

/** From this share of its limit on a resource is near saturation. */
const nearLimit = 0.9
/** Most series that are looked at. */
const maxSeries = 5000
/** Labels that tell parts of one resource apart, not resources. */
const partLabels = ['__name__', 'state', 'db_client_connection_state']

/** Resources of the services that some rule knows, those nearest to their limit first. */
export async function findResources(
  context: QueryContext,
  scope: Scope,
  question: { services: readonly string[]; range: NsRange },
): Promise<FoundResources> {
  const { services, range } = question
  if (services.length === 0) return { findings: [] }
  const conditions = [
    await seriesOfServices(context.reader, scope, { services, range }),
    seriesNamed(resourceNamePattern),
  ]
  const { series, isTruncated } = await selectSeries(context.reader, scope, { range, conditions, limit: maxSeries })
  const figures = await seriesFigures(context.reader, scope, { series, range })
  const findings = judgeResources(series, figures)
  if (!isTruncated) return { findings }
  return {
    findings,
    message: `More than ${maxSeries} series may be resources of these services; the rest was not looked at.`,
  }
}

/** The pure part: which series are resources, and how full they were. */
export function judgeResources(
  series: readonly SeriesRow[],
  figures: readonly SeriesFigures[],
): readonly ResourceFinding[] {
  const byId = new Map(figures.map((one) => [one.series, one]))
  const limits = limitsByPlace(series, byId)
  const findings: ResourceFinding[] = []
  for (const one of series) {
    const { __name__: metric = '', ...labels } = one.labels
    const judgement = judgementOf(metric, one.labels)
    const found = byId.get(one.series)
    if (judgement === null || found === undefined) continue
    const limit = limitOf(judgement, one, limits)
    if (limit === undefined) continue
    findings.push({
      ...{ metric, labels, title: judgement.title, service: seriesServiceOf(one.labels) },
      ...{ value: found.max, timestampMs: found.maxMs, maxValue: limit },
      isWarning: judgement.kind === 'waiting' ? found.max > 0 : limit !== null && found.max >= limit * nearLimit,
      reason: judgement.reason,
    })
  }
  return findings.sort((a, b) => Number(b.isWarning) - Number(a.isWarning) || fullness(b) - fullness(a))
}

/** Share of the limit in use; 0 where there is none. */
function fullness(finding: ResourceFinding): number {
  return finding.maxValue === null || finding.maxValue === 0 ? 0 : finding.value / finding.maxValue
}

/** Null: a metric without a limit. Undefined: it should have one, and none is stored. */
function limitOf(
  judgement: Judgement,
  series: SeriesRow,
  limits: ReadonlyMap<string, number>,
): number | null | undefined {
  if (judgement.kind === 'waiting') return null
  if (judgement.kind === 'ratio') return 1
  for (const name of judgement.limits)
    for (const place of placesOf(series.labels)) {
      const limit = limits.get(`${name} ${place}`)
      if (limit !== undefined && limit > 0) return limit
    }
  return undefined
}

/** Newest values by metric name and place. */
function limitsByPlace(
  series: readonly SeriesRow[],
  figures: ReadonlyMap<string, SeriesFigures>,
): ReadonlyMap<string, number> {
  const limits = new Map<string, number>()
  for (const one of series) {
    const found = figures.get(one.series)
    if (found === undefined) continue
    for (const place of placesOf(one.labels)) {
      const key = `${one.labels.__name__} ${place}`
      limits.set(key, Math.max(limits.get(key) ?? 0, found.last))
    }
  }
  return limits
}

/** Where a limit belongs: with all the same labels, else in the same instance of the same service. */
function placesOf(labels: Readonly<Record<string, string>>): readonly string[] {
  const all = Object.entries(labels)
    .filter(([name]) => !partLabels.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return [JSON.stringify(all), JSON.stringify([seriesServiceOf(labels), labels.instance ?? ''])]
}
