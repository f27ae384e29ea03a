import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Catalog } from './catalog/catalog.ts'
import type { Ledger } from './model/ledger.ts'
import type { ScrapeTargetState } from './model/origin/scrape-target.ts'
import type { TenantId } from './model/tenant.ts'
import type { ActivePart, ActiveReceiver, ReceiverContext } from './receive/receiver.ts'
import type { Clock } from './runtime/clock.ts'
import type { Logger } from './runtime/logger.ts'
import type { Part } from './runtime/part.ts'
import { type DemoFault, DemoRefusal, type DemoShop, type DemoShopState, type DemoStatus } from './serve/demo-shop.ts'
import type { ColumnStore } from './store/engine/column-store.ts'
import { eraseTenant } from './store/load/erase-tenant.ts'

/** The tenant of its telemetry, so that it never mixes with anybody's own and goes away as a whole. */
const tenantName = 'demo-shop'
const tokenName = 'demo shop'
const databaseName = 'demo_shop'
/** Days that its rows are kept where nobody removes them. */
const retentionDays = 2
/** Milliseconds after which a shop that nobody stopped is stopped: it must not fill a disk unseen. */
const longestRunMs = 4 * 3_600_000
/** Milliseconds in which it must be open, and those that it has to end in. */
const openWithinMs = 120_000
const endWithinMs = 8_000
/** Memory of the process that starts the others, MiB; each of those has its own bound. */
const launcherHeapMb = 96
/** Milliseconds that rows on their way are waited for before the others are removed. */
const drainWithinMs = 15_000
const drainLookMs = 100
const script = fileURLToPath(new URL('../demo/shop.ts', import.meta.url))

export interface DemoHostParts {
  readonly store: ColumnStore
  readonly catalog: Catalog
  /** Drops what is in memory of a tenant whose rows were erased. */
  readonly forget: (tenant: TenantId) => void
  readonly ledger: Ledger
  readonly context: ReceiverContext
  readonly scraper: ActiveReceiver
  readonly clock: Clock
  readonly logger: Logger
  /** Where the shop may write. */
  readonly folder: string
  /** Where it sends, e.g. `http://127.0.0.1:8080`; asked when it starts. */
  readonly url: () => string
}

/** What the shop tells when it is open (demo/command-line.ts). */
interface OpenShop {
  readonly kind: 'open'
  readonly controlUrl: string
  readonly scrapeConfigPath: string
}

/**
 * Runs the demo shop as a process of its own beside the server: at most one, for four hours at most, ended with the
 * server also by `kill -9` (it hangs on a channel). It sends by OTLP with a token of its own, and its targets are
 * scraped, both into the tenant `demo-shop`.
 */
export class DemoHost implements DemoShop, Part {
  readonly name = 'demo-shop'
  readonly #parts: DemoHostParts
  #status: DemoStatus = existsSync(script) ? 'off' : 'absent'
  #trouble = ''
  #startedMs = 0
  #child: ChildProcess | null = null
  #open: OpenShop | null = null
  #scraper: ActivePart | null = null
  #processes = new Set<string>()
  #cancelEnd: () => void = () => {}
  /** Acts are carried out one after another. */
  #last: Promise<void> = Promise.resolve()

  constructor(parts: DemoHostParts) {
    this.#parts = parts
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    await this.#end()
  }

  /** A shop that is not open is no fault of the platform. */
  health(): { ready: true } {
    return { ready: true }
  }

  /** Targets of the shop, for the tenant that holds its series. */
  targets(tenant: TenantId): readonly ScrapeTargetState[] {
    return this.#tenant()?.id === tenant ? (this.#scraper?.targets() ?? []) : []
  }

  async state(): Promise<DemoShopState> {
    const isRunning = this.#status === 'running'
    return {
      ...{ status: this.#status, tenant: tenantName, hasRows: this.#tenant() !== undefined, trouble: this.#trouble },
      ...{ startedMs: this.#startedMs, stopsMs: this.#startedMs === 0 ? 0 : this.#startedMs + longestRunMs },
      processes: [...this.#processes].sort(),
      faults: isRunning ? await this.#faults() : [],
    }
  }

  open(by: string): Promise<void> {
    if (this.#status === 'absent') throw new DemoRefusal('this installation carries no demo shop')
    if (this.#status !== 'off') throw new DemoRefusal(`the demo shop is ${this.#status}`)
    this.#begin('starting', () => this.#launch(by))
    return Promise.resolve()
  }

  close(by: string): Promise<void> {
    if (this.#status === 'off' || this.#status === 'absent') return Promise.resolve()
    if (this.#status !== 'running' && this.#status !== 'starting')
      throw new DemoRefusal(`the demo shop is ${this.#status}`)
    // One that is still starting is ended at once, and its start fails of it.
    this.#child?.disconnect()
    this.#begin('stopping', () => this.#end(by))
    return Promise.resolve()
  }

  remove(by: string): Promise<void> {
    if (this.#status === 'absent') throw new DemoRefusal('this installation carries no demo shop')
    if (this.#status !== 'off' && this.#status !== 'running') throw new DemoRefusal(`the demo shop is ${this.#status}`)
    this.#begin('removing', () => this.#removeRows(by))
    return Promise.resolve()
  }

  async switchFault(name: string, isActive: boolean): Promise<void> {
    const shop = this.#open
    if (this.#status !== 'running' || shop === null) throw new DemoRefusal('the demo shop does not run')
    const answer = await fetch(`${shop.controlUrl}/faults/${encodeURIComponent(name)}`, {
      ...{ method: 'POST', body: JSON.stringify({ active: isActive }), signal: AbortSignal.timeout(30_000) },
    })
    if (!answer.ok) throw new DemoRefusal(((await answer.json()) as { error?: string }).error ?? 'the shop refused')
  }

  #begin(status: DemoStatus, act: () => Promise<void>): void {
    this.#status = status
    this.#trouble = ''
    const settle = (trouble: string) => {
      // A later act has taken over: what became of this one is of no interest.
      if (this.#status !== status) return
      this.#trouble = trouble
      this.#settle()
    }
    this.#last = this.#last.then(act).then(
      () => settle(''),
      (error: Error) => {
        this.#parts.logger.warn({ part: this.name }, `the demo shop: ${error.message}`)
        settle(error.message)
      },
    )
  }

  #settle(): void {
    this.#status = this.#open === null ? 'off' : 'running'
  }

  async #launch(by: string): Promise<void> {
    const { catalog, clock, folder, url } = this.#parts
    const tenant = this.#tenant() ?? (await catalog.tenants.create(draft, by))
    await this.#revokeTokens(by)
    const { secret } = await catalog.tokens.create({ name: tokenName, tenant: tenant.id, rights: ['ingest'] }, by)
    const database = await catalog.createDatabase(databaseName)
    mkdirSync(folder, { recursive: true })
    const args = ['--otlp', reachable(url()), '--database', database, '--folder', folder]
    const { NODE_OPTIONS: _options, ...env } = process.env
    const child = spawn(process.execPath, [`--max-old-space-size=${launcherHeapMb}`, ...quiet, script, ...args], {
      env: { ...env, OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${secret}` },
      stdio: ['ignore', 'ignore', openSync(join(folder, 'launcher.stderr.txt'), 'a'), 'ipc'],
    })
    this.#child = child
    child.once('exit', () => void this.#ended(child))
    try {
      this.#open = await this.#untilOpen(child)
    } catch (error) {
      await this.#end()
      throw error
    }
    this.#startedMs = clock.nowMs()
    this.#cancelEnd = clock.after(longestRunMs, () => void this.close(this.name))
    await this.#scrape(tenant.id, this.#open)
  }

  #untilOpen(child: ChildProcess): Promise<OpenShop> {
    return new Promise((resolve, reject) => {
      const cancel = this.#parts.clock.after(openWithinMs, () =>
        reject(new Error(`it was not open after ${openWithinMs / 1000} s`)),
      )
      const give = (act: () => void) => {
        cancel()
        act()
      }
      child.on('message', (message: OpenShop | { kind: 'up'; name: string }) => {
        if (message.kind === 'up') this.#processes.add(message.name)
        else give(() => resolve(message))
      })
      child.once('error', (error) => give(() => reject(error)))
      child.once('exit', (code) => give(() => reject(new Error(`it ended before it was open (exit code ${code})`))))
    })
  }

  async #scrape(tenant: TenantId, { scrapeConfigPath }: OpenShop): Promise<void> {
    const settings = { configFile: scrapeConfigPath, configs: [] }
    this.#scraper = this.#parts.scraper.create(settings, { ...this.#parts.context, tenant })
    await this.#scraper.start()
  }

  /** The process is gone, asked or not. */
  async #ended(child: ChildProcess): Promise<void> {
    if (this.#child !== child) return
    const wasRunning = this.#status === 'running'
    await this.#end()
    if (!wasRunning) return
    this.#trouble = 'the demo shop ended by itself; launcher.stderr.txt in its folder may tell why'
    this.#settle()
  }

  async #end(by = this.name): Promise<void> {
    const child = this.#child
    this.#child = null
    this.#open = null
    this.#startedMs = 0
    this.#processes.clear()
    this.#cancelEnd()
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      if (child.connected) child.disconnect()
      const kill = setTimeout(() => child.kill('SIGKILL'), endWithinMs)
      await new Promise((resolve) => child.once('exit', resolve))
      clearTimeout(kill)
    }
    const scraper = this.#scraper
    this.#scraper = null
    await scraper?.stop()
    if (child !== null) await this.#revokeTokens(by).catch(() => undefined)
  }

  async #removeRows(by: string): Promise<void> {
    await this.#end(by)
    const tenant = this.#tenant()
    if (tenant === undefined) return
    await this.#drained(tenant.id)
    await eraseTenant(this.#parts.store, tenant.id)
    this.#parts.forget(tenant.id)
    await this.#parts.catalog.tenants.remove(tenant.id, by)
  }

  /** Resolves when no row of the tenant waits in the journal any more. */
  async #drained(tenant: TenantId): Promise<void> {
    const { ledger, clock } = this.#parts
    const untilMs = clock.nowMs() + drainWithinMs
    const isWaiting = () => ledger.entries().some((entry) => entry.tenant === tenant && entry.waitingRows > 0)
    while (isWaiting()) {
      if (clock.nowMs() >= untilMs) throw new Error('rows of the shop are still on their way; try again')
      await new Promise<void>((resolve) => clock.after(drainLookMs, resolve))
    }
  }

  async #faults(): Promise<readonly DemoFault[]> {
    try {
      const answer = await fetch(`${this.#open?.controlUrl}/faults`, { signal: AbortSignal.timeout(2000) })
      return ((await answer.json()) as { faults: readonly DemoFault[] }).faults
    } catch {
      // It has just ended, or is busy: the state is told without them.
      return []
    }
  }

  #tenant() {
    return this.#parts.catalog.directory.byName(tenantName)
  }

  async #revokeTokens(by: string): Promise<void> {
    const { tokens } = this.#parts.catalog
    for (const { id, name } of await tokens.list()) if (name === tokenName) await tokens.revoke(id, by)
  }
}

const quiet = ['--disable-warning=ExperimentalWarning']
const draft = {
  name: tenantName,
  retention: { metrics: retentionDays, logs: retentionDays, traces: retentionDays },
}

/** The address as a process on this machine reaches it. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}
