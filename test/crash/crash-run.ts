import { seededRandom } from '../../bench/ingest/wire-writer.ts'
import { defaultTenant } from '../../server/model/tenant.ts'
import { silentLogger } from '../../server/runtime/logger.ts'
import { EmbeddedEngine } from '../../server/store/engine/embedded-engine.ts'
import { ApiClient } from '../end-to-end/api-client.ts'
import { beginPlatform, type Platform, startPlatform, until } from '../end-to-end/platform.ts'
import { CrashLoad, crashName, type Kind, kinds } from './crash-load.ts'

export const victims = ['start', 'main', 'engine', 'both'] as const
export type Victim = (typeof victims)[number]

/** Longest time from ready, or from the last blow, to the next blow, ms. */
const longestCalmMs = 1500
/** A start is struck down within this time, ms. */
const longestStartMs = 2500
/** All that waits is stored within this time after the last start, ms. */
const drainMs = 120_000

export interface CrashRunOptions {
  /** Data folder; it is left with all rows in it. */
  readonly folder: string
  readonly seed: number
  /** Asked before each blow. */
  readonly isEnough: (crashes: number) => boolean
  readonly progress?: (text: string) => void
}

/** What became of the rows of one kind. */
export interface KindReport {
  readonly acked: number
  readonly stored: number
  /** Acknowledged and not there. */
  readonly lost: readonly number[]
  /** There more than once. */
  readonly doubled: readonly number[]
  /** What the API counts: rows, and different numbers among them where it tells. */
  readonly counted: number
}

export interface CrashReport {
  readonly crashes: Readonly<Record<Victim, number>>
  readonly kinds: Readonly<Record<Kind, KindReport>>
}

/**
 * Starts the platform again and again on one folder, sends numbered rows, and strikes with kill -9 at random moments:
 * the main process (also while it starts), the engine process, or both. Then counts, through the API and in the tables.
 */
export async function runCrashes(options: CrashRunOptions): Promise<CrashReport> {
  const { folder, seed, isEnough, progress = () => {} } = options
  const random = seededRandom(seed)
  const crashes: Record<Victim, number> = { start: 0, main: 0, engine: 0, both: 0 }
  const total = () => victims.reduce((sum, victim) => sum + crashes[victim], 0)
  const load = new CrashLoad()
  // At least one life with load, however few crashes are enough.
  for (let lives = 0; lives === 0 || !isEnough(total()); ) {
    // One start in six does not live to its end.
    if (random() < 1 / 6) {
      const starting = beginPlatform({ folder })
      await Promise.race([pause(random() * longestStartMs), starting.ready])
      await starting.kill()
      crashes.start += 1
      continue
    }
    lives += 1
    await liveAndDie({ folder, load, random, crashes, isEnough: () => isEnough(total()) })
    progress(`${total()} crashes, ${kinds.map((kind) => `${load.acked[kind].length} ${kind}`).join(', ')} acknowledged`)
  }
  const counted = await countThroughApi(folder)
  const stored = await readTables(folder)
  const reports = kinds.map((kind) => [kind, compare(load.acked[kind], stored[kind], counted[kind])])
  return { crashes, kinds: Object.fromEntries(reports) as Record<Kind, KindReport> }
}

interface Life {
  readonly folder: string
  readonly load: CrashLoad
  readonly random: () => number
  readonly crashes: Record<Victim, number>
  readonly isEnough: () => boolean
}

/** One life of the main process, in which the engine may die several times. */
async function liveAndDie({ folder, load, random, crashes, isEnough }: Life): Promise<void> {
  const platform = await startPlatform({ folder })
  const stop = new AbortController()
  const loading = load.run(platform.url, stop.signal)
  // Only the first life waits here: without anything acknowledged there would be nothing to lose.
  await until('the first rows are acknowledged', drainMs, async () =>
    kinds.every((kind) => load.acked[kind].length > 0) ? true : null,
  )
  for (let isAlive = true; isAlive; ) {
    await pause(random() * longestCalmMs)
    const victim = isEnough() ? 'main' : (['main', 'engine', 'both'] as const)[Math.floor(random() * 3)]
    if (victim !== 'main') strikeEngine(platform)
    isAlive = victim === 'engine'
    if (!isAlive) await platform.kill()
    crashes[victim] += 1
  }
  stop.abort()
  await loading
}

function strikeEngine(platform: Platform): void {
  try {
    process.kill(platform.enginePid(), 'SIGKILL')
  } catch {
    // It is between two lives.
  }
}

/** The last start has no load: all that waits is stored, then counted as everybody would. */
async function countThroughApi(folder: string): Promise<Record<Kind, number>> {
  const platform = await startPlatform({ folder })
  const api = new ApiClient(platform.url)
  await until('all is stored', drainMs, async () => {
    const { holds, entries } = await api.health()
    return holds && entries.every(({ tenant, waiting }) => tenant !== 'default' || waiting === 0) ? true : null
  })
  const question = {
    time_range: { relative: '7d' },
    filters: [{ field: 'service_name', operator: 'eq', value: crashName }],
  }
  const count = async (signal: string, field?: string) => {
    const aggregations = [{ function: 'count', ...(field === undefined ? {} : { field }) }]
    const { results } = await api.query({ ...question, signal, aggregations })
    return results[0]?.count ?? 0
  }
  const counted = { logs: await count('logs'), spans: await count('traces'), samples: await count('metrics', 'value') }
  await platform.stop()
  return counted
}

/** The numbers of all rows, straight from the tables. */
async function readTables(folder: string): Promise<Record<Kind, number[]>> {
  const engine = new EmbeddedEngine({ folder: `${folder}/engine`, logger: silentLogger() })
  await engine.start()
  try {
    const read = async (sql: string) => {
      const { rows } = await engine.store.rows<{ n: string }>({ sql })
      return rows.map(({ n }) => Number(n))
    }
    const ours = `WHERE tenant = ${defaultTenant}`
    const samples = ['samples_hot', 'samples_compacting', 'samples'].map(
      (table) => `SELECT arrayJoin(vi) AS n FROM ${table} ${ours}`,
    )
    return {
      logs: await read(`SELECT body AS n FROM logs ${ours}`),
      spans: await read(`SELECT name AS n FROM spans ${ours}`),
      samples: await read(samples.join(' UNION ALL ')),
    }
  } finally {
    await engine.stop()
  }
}

function compare(acked: readonly number[], stored: readonly number[], counted: number): KindReport {
  const seen = new Set<number>()
  const doubled = new Set<number>()
  for (const number of stored) {
    if (seen.has(number)) doubled.add(number)
    seen.add(number)
  }
  const lost = acked.filter((number) => !seen.has(number))
  return { acked: acked.length, stored: stored.length, lost, doubled: [...doubled], counted }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
