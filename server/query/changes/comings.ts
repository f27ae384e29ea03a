import type { VersionSighting } from '../../store/read/services/service-steps.ts'
import type { Change } from './change.ts'

/** A version of a service as it was seen. */
export interface SeenVersion {
  readonly service: string
  readonly version: string
  readonly firstMs: number
  readonly lastMs: number
  /** When it took over the last time: later than `firstMs` where it came back. */
  readonly sinceMs: number
  readonly spans: number
}

/** What the sightings are judged by, Unix milliseconds. */
export interface Sights {
  /** Sightings of the range and of what was looked at before it, in order of time. */
  readonly sightings: readonly VersionSighting[]
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
}

/** What is first seen so soon after the first row of all came with the beginning, and is no news. */
const beginningMs = 5 * 60_000
/** A service is gone that was silent for so long, and for so many steps; it must have been seen in as many. */
const silentMs = 3 * 60_000
const silentSteps = 4
/** A version that comes back counts as deployed if it was away for so long and serves most in the steps after. */
const awayMs = 60_000
const stepsAfter = 3

/** Services that came or went, in the range. */
export function comingsAndGoings({ sightings, startMs, endMs, stepMs }: Sights): Change[] {
  const firstOfAll = sightings[0]?.firstMs ?? 0
  const quietMs = Math.max(silentMs, silentSteps * stepMs)
  const found: Change[] = []
  for (const [service, seen] of groupedBy(sightings, (one) => one.service)) {
    const firstMs = seen[0].firstMs
    const lastMs = Math.max(...seen.map((one) => one.lastMs))
    const none = { service, untilMs: null, value: null, usual: null }
    if (firstMs >= startMs && firstMs - firstOfAll > beginningMs)
      found.push({ ...none, kind: 'new', judgement: 'new', atMs: firstMs })
    const steps = new Set(seen.map((one) => Math.floor(one.firstMs / stepMs))).size
    const isSteady = steps >= silentSteps && steps * stepMs >= (lastMs - firstMs) / 2
    if (isSteady && endMs - lastMs >= quietMs && lastMs >= startMs - quietMs)
      found.push({ ...none, kind: 'gone', judgement: 'watch', atMs: Math.max(lastMs, startMs), value: 0 })
  }
  return found
}

/**
 * Versions that took over in the range: the first time that a version is seen after another one, and the time at which
 * one comes back and serves more than the other from then on (of two that serve side by side neither does).
 */
export function deploysOf({ sightings, startMs, stepMs }: Sights): Change[] {
  const deploys: Change[] = []
  for (const [service, all] of groupedBy(sightings, (one) => one.service)) {
    const seen = all.filter(({ version }) => version !== '')
    const lastOf = new Map<string, number>()
    let newest: VersionSighting | undefined
    for (const one of seen) {
      if (newest !== undefined && newest.version !== one.version) {
        const before = lastOf.get(one.version)
        const isBack =
          before !== undefined && one.firstMs - before >= awayMs && takesOver(one, newest, { seen, stepMs })
        if ((before === undefined || isBack) && one.firstMs >= startMs)
          deploys.push({
            ...{ kind: 'deploy', service, judgement: 'usual', atMs: one.firstMs, untilMs: null, value: null },
            ...{ usual: null, version: one.version, previous: newest.version },
          })
      }
      lastOf.set(one.version, one.lastMs)
      newest = one
    }
  }
  return deploys
}

function takesOver(
  one: VersionSighting,
  other: VersionSighting,
  { seen, stepMs }: { seen: readonly VersionSighting[]; stepMs: number },
): boolean {
  const untilMs = one.firstMs + stepsAfter * Math.max(stepMs, awayMs)
  const spansOf = (version: string) =>
    seen.reduce((total, { firstMs, lastMs, spans, version: its }) => {
      const isNear = its === version && lastMs >= one.firstMs && firstMs < untilMs
      return isNear ? total + spans : total
    }, 0)
  return spansOf(one.version) > spansOf(other.version)
}

/**
 * Versions that were seen in the range: first those that still serve, then the others, each the one that took over
 * last first. Their spans are those of the range.
 */
export function versionsSeen(
  { sightings, startMs, stepMs }: Sights,
  deploys: readonly Change[],
): ReadonlyMap<string, readonly SeenVersion[]> {
  const named = sightings.filter(({ version }) => version !== '')
  return new Map(
    [...groupedBy(named, ({ service }) => service)].map(([service, seen]) => [
      service,
      [...groupedBy(seen, ({ version }) => version)]
        .map(([version, some]) => ({
          ...{ service, version, firstMs: some[0].firstMs, lastMs: Math.max(...some.map(({ lastMs }) => lastMs)) },
          sinceMs:
            deploys.findLast((one) => one.service === service && one.version === version)?.atMs ?? some[0].firstMs,
          spans: some.reduce((total, { spans, lastMs }) => total + (lastMs >= startMs ? spans : 0), 0),
        }))
        .filter(({ lastMs }) => lastMs >= startMs)
        .sort(
          (a, b) =>
            Number(stillServes(b, seen, stepMs)) - Number(stillServes(a, seen, stepMs)) || b.sinceMs - a.sinceMs,
        ),
    ]),
  )
}

function stillServes({ lastMs }: SeenVersion, seen: readonly VersionSighting[], stepMs: number): boolean {
  return seen.every((one) => one.lastMs - lastMs < stepMs)
}

function groupedBy<T>(list: readonly T[], key: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of list) {
    const group = groups.get(key(one))
    if (group === undefined) groups.set(key(one), [one])
    else group.push(one)
  }
  return groups
}
