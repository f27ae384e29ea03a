import type { Clock } from '../../runtime/clock.ts'
import { systemClock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Part, PartHealth } from '../../runtime/part.ts'
import { ClickHouseColumnStore, type StoreEndpoint } from './clickhouse-column-store.ts'
import type { ColumnStore } from './column-store.ts'
import { defaultEngineBounds, type EngineBounds, writeEngineConfig } from './engine-config.ts'
import { type EngineFolder, engineFolder } from './engine-folder.ts'
import { describeExit, EngineProcess, EngineStartFailed } from './engine-process.ts'
import { lockFolder } from './folder-lock.ts'
import { StoreUnavailable } from './store-errors.ts'

/** The wait before the n-th restart in a row doubles from here … */
const firstBackoffMs = 100
/** … up to here. */
const lastBackoffMs = 10_000
/** An engine that ran this long was well: the next restart begins with `firstBackoffMs` again. */
const steadyAfterMs = 60_000
/** How long a start waits for the process of a killed predecessor to let go of the data. */
const predecessorLimitMs = 20_000

export interface EmbeddedEngineOptions {
  /** A folder of the engine's own, made if missing. */
  readonly folder: string
  readonly logger: Logger
  readonly clock?: Clock
  readonly bounds?: Partial<EngineBounds>
}

/**
 * ClickHouse in a supervised process of its own, behind the same client as a cluster.
 *
 * Order: `start` locks the folder (FolderLocked says who holds it), then resolves when the engine answers. When the
 * process dies it is started again after a wait that doubles; meanwhile every statement fails with StoreUnavailable,
 * and so do those in flight. Inserts that were answered are in the data folder and survive `kill -9` of both
 * processes; the engine process ends by itself when this one is gone.
 */
export class EmbeddedEngine implements Part {
  readonly name = 'engine'
  /** Valid for the whole life of the part, across restarts of the process. */
  readonly store: ColumnStore
  readonly #store: ClickHouseColumnStore
  readonly #folder: EngineFolder
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #bounds: EngineBounds
  #lock: { release(): void } | undefined
  #process: EngineProcess | undefined
  #endpoint: StoreEndpoint | undefined
  #state: 'stopped' | 'starting' | 'ready' | 'restarting' | 'stopping' = 'stopped'
  #trouble = ''
  #restarts = 0
  #failuresInRow = 0
  #cancelRestart: () => void = () => {}

  constructor(options: EmbeddedEngineOptions) {
    this.#folder = engineFolder(options.folder)
    this.#logger = options.logger.child({ part: this.name })
    this.#clock = options.clock ?? systemClock
    this.#bounds = { ...defaultEngineBounds, ...options.bounds }
    this.#store = new ClickHouseColumnStore({
      endpoint: () => this.#reachable(),
      answersFolder: this.#folder.answers,
      clock: this.#clock,
    })
    this.store = this.#store
  }

  /** How often the process was started again after it died. */
  get restarts(): number {
    return this.#restarts
  }

  /** Where the engine's ClickHouse interface is at this moment, for tools; undefined while it is down. */
  get endpoint(): StoreEndpoint | undefined {
    return this.#endpoint
  }

  /** Process id of the running engine; undefined while there is none. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  async start(): Promise<void> {
    this.#lock = lockFolder(this.#folder.lock, this.#clock.nowMs())
    this.#state = 'starting'
    try {
      await this.#launchAfterPredecessor()
    } catch (error) {
      this.#state = 'stopped'
      this.#lock.release()
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#state = 'stopping'
    this.#cancelRestart()
    // The server would wait seconds for them; who still asks gets StoreUnavailable or QueryCancelled.
    if (this.#endpoint !== undefined) await this.#store.endReads()
    this.#store.close()
    await this.#process?.stop()
    this.#endpoint = undefined
    this.#lock?.release()
    this.#lock = undefined
    this.#state = 'stopped'
  }

  health(): PartHealth {
    if (this.#state === 'ready') return { ready: true }
    return { ready: false, detail: this.#trouble === '' ? `engine ${this.#state}` : this.#trouble }
  }

  #reachable(): StoreEndpoint {
    if (this.#endpoint !== undefined) return this.#endpoint
    throw new StoreUnavailable(`The column store is not reachable: ${this.health().detail}.`)
  }

  /** A predecessor that lost its parent a moment ago still shuts down: its lock on the data goes with it. */
  async #launchAfterPredecessor(): Promise<void> {
    const giveUpAtMs = this.#clock.nowMs() + predecessorLimitMs
    for (;;) {
      try {
        return await this.#launch()
      } catch (error) {
        const isWaiting = error instanceof EngineStartFailed && error.isLocked && this.#clock.nowMs() < giveUpAtMs
        if (!isWaiting || this.#state === 'stopping') throw error
        this.#logger.info('an earlier engine process still shuts down; waiting for it')
        await new Promise<void>((resolve) => this.#clock.after(firstBackoffMs, resolve))
      }
    }
  }

  async #launch(): Promise<void> {
    writeEngineConfig(this.#folder, this.#bounds)
    const launched = EngineProcess.spawn({ folder: this.#folder, logger: this.#logger, clock: this.#clock })
    this.#process = launched
    const startedAtMs = this.#clock.nowMs()
    try {
      this.#endpoint = await launched.endpoint
      await this.#store.rows({ sql: 'SELECT 1' })
    } catch (error) {
      this.#endpoint = undefined
      launched.kill()
      await launched.exited
      throw error
    }
    this.#state = 'ready'
    this.#trouble = ''
    this.#logger.info({ enginePid: launched.pid, startMs: this.#clock.nowMs() - startedAtMs }, 'engine ready')
    void this.#watch(launched, this.#clock.nowMs())
  }

  async #watch(watched: EngineProcess, readyAtMs: number): Promise<void> {
    const exit = await watched.exited
    this.#endpoint = undefined
    this.#process = undefined
    if (this.#state === 'stopping') return
    if (this.#clock.nowMs() - readyAtMs >= steadyAfterMs) this.#failuresInRow = 0
    this.#trouble = `the engine process ended (${describeExit(exit)})`
    this.#logger.error({ enginePid: watched.pid, words: exit.words }, `${this.#trouble}; it is started again`)
    this.#scheduleRestart()
  }

  #scheduleRestart(): void {
    this.#state = 'restarting'
    const waitMs = Math.min(lastBackoffMs, firstBackoffMs * 2 ** this.#failuresInRow)
    this.#failuresInRow++
    this.#cancelRestart = this.#clock.after(waitMs, () => void this.#restart())
  }

  async #restart(): Promise<void> {
    this.#restarts++
    try {
      await this.#launch()
    } catch (error) {
      if (this.#state === 'stopping') return
      this.#trouble = `the engine does not start again: ${error instanceof Error ? error.message : String(error)}`
      this.#logger.error(this.#trouble)
      this.#scheduleRestart()
    }
  }
}
