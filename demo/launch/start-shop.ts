import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serviceNames } from '../services/registry.ts'
import { serveControl } from './control-server.ts'
import { createFaultSwitch, type FaultSwitch } from './fault-switch.ts'
import { Fleet, type Member, type MemberSpec } from './fleet.ts'
import { prepareDatabase } from './prepare-database.ts'
import { createScrapeConfig, type ScrapeTarget } from './scrape-config.ts'
import { openTruthFile } from './truth-file.ts'

export interface ShopOptions {
  /** Where the services send traces, metrics and logs (OTLP over HTTP, without the `/v1/…`). */
  readonly otlpEndpoint?: string
  /** A PostgreSQL database of the shop's own; its schema `shop` is rebuilt at the start. */
  readonly databaseUrl: string
  /** Where the shop writes: truth file, scrape configuration, crashes, compiled code. Made when missing. */
  readonly folder: string
  /** Requests of users per second, on average; 0: nobody comes by himself. */
  readonly ratePerSecond?: number
  readonly seed?: number
  /** Called as each process comes up, also after a restart. */
  onProgress?(progress: Progress): void
}

export interface Progress extends Member {
  /** Time since the start of the shop, ms. */
  readonly elapsedMs: number
}

/** The running shop. */
export interface Shop {
  readonly gatewayUrl: string
  /** The switchboard over HTTP (see `launch/control-server.ts`). */
  readonly controlUrl: string
  readonly faults: FaultSwitch
  /** What answers `/metrics` now. */
  readonly targets: readonly ScrapeTarget[]
  /** A `prometheus.yml` that discovers the targets, also those that come later. */
  readonly scrapeConfigPath: string
  /** The same targets as a `file_sd_configs` file. */
  readonly targetsPath: string
  /** JSON Lines of what really went wrong (`launch/truth-file.ts`). */
  readonly truthPath: string
  /** The processes that run now. */
  readonly processes: readonly Member[]
  /** Ends the active faults and all processes. Never rejects. */
  stop(): Promise<void>
}

const defaultEndpoint = 'http://127.0.0.1:4318'
const defaultRate = 5
/** Members without telemetry of their own, which nobody scrapes. */
const unscraped = new Set(['bank-api', 'load-generator'])
/** The bank and the users need less than a service with its telemetry. */
const smallHeapMb = 32

/** Starts the shop: rebuilds its database, starts its processes, and lets the users in when all are up. */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const { folder, databaseUrl, onProgress } = options
  const startedMs = performance.now()
  mkdirSync(folder, { recursive: true })
  const truth = openTruthFile(join(folder, 'truth.jsonl'))
  const scrape = createScrapeConfig(folder)
  const targets = () =>
    fleet.members
      .filter(({ name, port }) => port !== 0 && !unscraped.has(name))
      .map(({ name, port }) => ({ service: name, address: `127.0.0.1:${port}` }))
  const fleet = new Fleet({
    folder,
    env: environment(options),
    onUp: (member) => onProgress?.({ ...member, elapsedMs: Math.round(performance.now() - startedMs) }),
    onCrash: (name, reason) => truth.recordCrash(name, reason),
  })
  try {
    await prepareDatabase(databaseUrl)
    await fleet.start(members())
    await fleet.start([{ name: 'load-generator', script: 'outside/load-generator.ts', heapMb: smallHeapMb }])
  } catch (error) {
    await fleet.stop()
    throw error
  }
  scrape.write(targets())
  const faults = announcing(createFaultSwitch(fleet, truth), () => scrape.write(targets()))
  const control = await serveControl(faults)
  const gateway = fleet.members.find(({ name }) => name === 'api-gateway')
  return {
    gatewayUrl: `http://127.0.0.1:${gateway?.port}`,
    controlUrl: `http://127.0.0.1:${(control.address() as AddressInfo).port}`,
    faults,
    get targets() {
      return targets()
    },
    get processes() {
      return fleet.members
    },
    ...{ scrapeConfigPath: scrape.configPath, targetsPath: scrape.targetsPath, truthPath: truth.path },
    async stop() {
      control.close()
      control.closeAllConnections()
      for (const { name, active } of faults.list()) if (active) await faults.stop(name).catch(() => {})
      await fleet.stop()
    },
  }
}

function members(): MemberSpec[] {
  return [
    ...serviceNames.map((name) => ({ name, script: 'process/main.ts', args: [name] })),
    { name: 'bank-api', script: 'outside/bank-api.ts', heapMb: smallHeapMb },
  ]
}

function environment({ otlpEndpoint = defaultEndpoint, databaseUrl, folder, ...rest }: ShopOptions) {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    SHOP_DATABASE_URL: databaseUrl,
    SHOP_RATE: String(rest.ratePerSecond ?? defaultRate),
    SHOP_SEED: String(rest.seed ?? 1),
    // Compiled code is kept between starts: half the CPU of a start, and 13 MB less in each process.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    // Nothing in the shop reads files or names beside its work; four idle threads a process would only cost memory.
    UV_THREADPOOL_SIZE: '1',
  }
}

/** The same switch, with a word after each change. */
function announcing(faults: FaultSwitch, changed: () => void): FaultSwitch {
  return {
    start: (name) => faults.start(name).finally(changed),
    stop: (name) => faults.stop(name).finally(changed),
    list: () => faults.list(),
  }
}
