import type { ScrapeTargetState } from '../../model/origin/scrape-target.ts'
import type { Labels } from '../../model/series-table.ts'
import type { ScrapeConfig } from './config/scrape-config.ts'
import type { Discovery, DiscoveryContext, TargetGroup } from './discovery/mechanism.ts'
import { createHttpClient, type HttpClient } from './http/http-client.ts'
import { type LoopPool, ScrapeLoop } from './scrape-loop.ts'
import { judgeTarget, type Target, type TargetJudgement } from './target.ts'

/** Dropped targets that are kept to be shown; Prometheus keeps all. */
const maxDroppedShown = 10_000

/** The targets of one entry of `scrape_configs`. */
export class ScrapePool {
  readonly config: ScrapeConfig
  readonly #client: HttpClient
  readonly #loopPool: LoopPool
  readonly #discoveries: readonly Discovery[]
  readonly #groups: (readonly TargetGroup[])[] = []
  readonly #loops = new Map<string, ScrapeLoop>()
  readonly #leaving = new Set<Promise<void>>()
  /** A group that comes again as the same object is not judged again. */
  readonly #judgements = new WeakMap<TargetGroup, readonly TargetJudgement[]>()
  #notScraped: readonly ScrapeTargetState[] = []
  #isStopped = false
  #isStarting = false

  constructor(
    config: ScrapeConfig,
    discovery: DiscoveryContext,
    rest: Pick<LoopPool, 'context' | 'tenant' | 'receiver'>,
  ) {
    this.config = config
    this.#client = createHttpClient(config.http, discovery)
    this.#loopPool = { config, client: this.#client, ...rest, fault: null }
    this.#discoveries = config.discoveries.map((create) => create(discovery))
  }

  start(): void {
    // What is known at once is taken together.
    this.#isStarting = true
    this.#discoveries.forEach((discovery, i) => {
      discovery.start((groups) => {
        this.#groups[i] = groups
        if (!this.#isStopped && !this.#isStarting) this.#sync()
      })
    })
    this.#isStarting = false
    this.#sync()
  }

  async stop({ isGone }: { isGone: boolean }): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#discoveries.map((discovery) => discovery.stop()))
    await Promise.all([...this.#loops.values()].map((loop) => loop.stop({ isGone })))
    await Promise.all(this.#leaving)
    await this.#client.close()
  }

  targets(): readonly ScrapeTargetState[] {
    return [...[...this.#loops.values()].map((loop) => loop.state()), ...this.#notScraped]
  }

  /** Starts loops of new targets, stops those of targets that are gone. Targets that come to the same are one. */
  #sync(): void {
    const found = new Map<string, Target>()
    const notScraped: ScrapeTargetState[] = []
    for (const group of this.#groups.flat())
      for (const judged of this.#judge(group)) {
        if ('target' in judged) found.set(judged.target.id, judged.target)
        else if (notScraped.length < maxDroppedShown)
          notScraped.push(
            'dropped' in judged
              ? this.#stateOf('dropped', judged.dropped, '')
              : this.#stateOf('down', judged.discoveredLabels, judged.fault),
          )
      }
    this.#notScraped = notScraped
    const { targetLimit } = this.config
    const isOver = targetLimit > 0 && found.size > targetLimit
    this.#loopPool.fault = isOver ? `target_limit exceeded: ${found.size} targets, at most ${targetLimit}` : null
    for (const [id, loop] of this.#loops) if (!found.has(id)) this.#leave(id, loop)
    for (const [id, target] of found) this.#enter(id, target)
  }

  #judge(group: TargetGroup): readonly TargetJudgement[] {
    const known = this.#judgements.get(group)
    if (known !== undefined) return known
    const judged = group.targets.map((target) => judgeTarget({ ...group.labels, ...target }, this.config))
    this.#judgements.set(group, judged)
    return judged
  }

  #enter(id: string, target: Target): void {
    const known = this.#loops.get(id)
    if (known !== undefined) {
      known.discoveredLabels = target.discoveredLabels
      return
    }
    const loop = new ScrapeLoop(target, this.#loopPool)
    this.#loops.set(id, loop)
    loop.start()
  }

  #leave(id: string, loop: ScrapeLoop): void {
    this.#loops.delete(id)
    const leaving = loop.stop({ isGone: true }).finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
  }

  #stateOf(health: 'dropped' | 'down', discoveredLabels: Labels, lastError: string): ScrapeTargetState {
    const { jobName: pool, intervalMs, timeoutMs } = this.config
    const never = { lastScrapeMs: 0, lastScrapeDurationMs: 0 }
    return { pool, discoveredLabels, labels: [], url: '', health, lastError, ...never, intervalMs, timeoutMs }
  }
}
