import { mkdirSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { Access } from './access/access.ts'
import { Catalog } from './catalog/catalog.ts'
import { tenantPolicies } from './catalog/tenant-policy.ts'
import { OtlpTranslation } from './decode/otlp-metrics/otlp-translation.ts'
import type { Segment } from './journal/journal.ts'
import { openJournal } from './journal/open-journal.ts'
import type { Ledger } from './model/ledger.ts'
import { createSeriesTables } from './model/series-interner.ts'
import { defaultTenant, systemTenant, type TenantId } from './model/tenant.ts'
import { openTraceRows } from './pipeline/joining/join-traces.ts'
import { createLedger } from './pipeline/ledger.ts'
import { createPipeline } from './pipeline/pipeline.ts'
import { ReportMetrics } from './pipeline/user/report-metrics.ts'
import type { UserPipelines } from './pipeline/user/user-pipelines.ts'
import { DemoHost } from './program-demo.ts'
import { watchProgram } from './program-metrics.ts'
import { createLogPipelines, pipelineRoutes } from './program-pipelines.ts'
import { metricsQueries } from './program-queries.ts'
import { openStore } from './program-stores.ts'
import type { MetricsQueries } from './query/metrics/metrics-queries.ts'
import { createQueryContext } from './query/query-context.ts'
import { createGrpcListener } from './receive/grpc-listener.ts'
import { createHttpListener } from './receive/http-listener.ts'
import { registerHttpReceivers } from './receive/http-routes.ts'
import { createInFlight } from './receive/in-flight.ts'
import { OwnLogs, OwnTelemetry } from './receive/own-telemetry.ts'
import { receivers } from './receive/protocols/registry.ts'
import type { ActivePart, ActiveReceiver, ReceiverContext } from './receive/receiver.ts'
import { receiverPlaces } from './receive/receiver-places.ts'
import { createSocketParts } from './receive/sockets/socket-parts.ts'
import { systemClock } from './runtime/clock.ts'
import type { Config } from './runtime/config/schema.ts'
import { createLogger, type Logger } from './runtime/logger.ts'
import { OwnMetrics } from './runtime/own-metrics.ts'
import type { Part } from './runtime/part.ts'
import { readTlsFiles, type TlsFiles } from './runtime/tls-files.ts'
import { Tracer } from './runtime/tracer.ts'
import { createHttpServer } from './serve/http-server.ts'
import { ReadableRows } from './serve/live/readable-rows.ts'
import { registerPrometheusApi } from './serve/prometheus/register-prometheus-api.ts'
import { scopeFromAccess } from './serve/scope-from-access.ts'
import { registerStaticFiles } from './serve/static-files.ts'
import { traceRequests } from './serve/trace-requests.ts'
import { Deriver } from './store/derive/deriver.ts'
import type { ColumnStore } from './store/engine/column-store.ts'
import { lockFolder } from './store/engine/folder-lock.ts'
import { observedStore } from './store/engine/observed-store.ts'
import { IngestWriter } from './store/load/ingest-writer.ts'
import { Loader } from './store/load/loader.ts'
import { migrate } from './store/schema/migrate.ts'

/** How often memory of series that are not seen any more is looked at. */
const sweepEveryMs = 60_000

/** How long a stop may take before the process ends anyway. */
const stopLimitMs = 15_000

export interface ProgramOptions {
  readonly config: Config
  readonly version: string
  /** Where the built web app lies; left out: `web/dist` of this package. */
  readonly webFolder?: string
  /** Told of each step of the start, in words for a person. */
  readonly progress: (text: string) => void
}

/** A running Sightline. */
export interface Program {
  /** Address of the web app and the API, e.g. `http://127.0.0.1:8080`. */
  readonly url: string
  /** Where OTLP over HTTP and gRPC listen; null where they are off. */
  readonly otlpHttp: string | null
  readonly otlpGrpc: string | null
  readonly catalog: Catalog
  readonly logger: Logger
  /** Follows a changed scrape section; throws where it is wrong. */
  reloadScrape(settings?: unknown): Promise<void>
  /** Ends everything in reverse order; never throws. */
  stop(): Promise<void>
}

/** Starts every part that the roles ask for, in order. What was started is stopped again where a later part fails. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const program = new ProgramAssembly(options)
  try {
    return await program.start()
  } catch (error) {
    await program.stop()
    throw error
  }
}

/** The one place where parts are made and told of each other. */
class ProgramAssembly {
  readonly #options: ProgramOptions
  readonly #config: Config
  readonly #clock = systemClock
  readonly #ownLogs = new OwnLogs()
  readonly #logger: Logger
  readonly #metrics = new OwnMetrics()
  readonly #tracer = new Tracer()
  readonly #readable = new ReadableRows()
  readonly #started: Part[] = []
  readonly #folder: string
  readonly #tls: TlsFiles | null
  readonly #scheme: 'http' | 'https'
  #scraper: ActivePart | null = null
  #address = ''
  #unlock: () => void = () => {}
  #cancelSweep: () => void = () => {}

  constructor(options: ProgramOptions) {
    this.#options = options
    this.#config = options.config
    this.#folder = resolve(options.config.data.folder)
    this.#tls = readTlsFiles(options.config.tls)
    this.#scheme = this.#tls === null ? 'http' : 'https'
    this.#logger = createLogger({
      level: options.config.log.level,
      ...(options.config.selfTelemetry.enabled ? { also: this.#ownLogs } : {}),
    })
  }

  async start(): Promise<Program> {
    const { progress } = this.#options
    mkdirSync(this.#folder, { recursive: true })
    const lock = lockFolder(join(this.#folder, 'lock'), this.#clock.nowMs())
    this.#unlock = () => lock.release()
    const { store, catalog, isSoleWriter } = await this.#startStores()
    await migrate(store, { layout: { cluster: null }, clock: this.#clock, logger: this.#logger })
    progress('the store and its tables are ready')
    const access = new Access({
      config: this.#config,
      tokens: catalog.tokens,
      directory: catalog.directory,
      clock: this.#clock,
    })
    const metrics = await metricsQueries(store, {
      ...{ clock: this.#clock, config: this.#config, catalog, isSoleWriter },
      run: (part) => this.#run(part),
    })
    const ingest = await this.#startIngest(store, catalog, metrics)
    const demo = this.#createDemo({ store, catalog, metrics, ...ingest })
    const http = await this.#startHttp({ store, catalog, access, demo, metrics, ...ingest })
    const listeners = await this.#startListeners(access, ingest.context, ingest.inFlight)
    const scraper = await this.#startScraper(ingest.context)
    const tail = { ...this.#config.tail, folder: join(this.#folder, 'tail') }
    await this.#run(activeReceiver('file_tail').create(tail, ingest.context))
    if (this.#config.selfTelemetry.enabled) await this.#startOwnTelemetry(ingest.context, http.address)
    await this.#run(demo)
    return {
      url: `${this.#scheme}://${http.address}`,
      ...listeners,
      catalog,
      logger: this.#logger,
      reloadScrape: (settings) => scraper.reload(settings),
      stop: () => this.stop(),
    }
  }

  async stop(): Promise<void> {
    this.#cancelSweep()
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, stopLimitMs).unref())
    for (const part of this.#started.splice(0).reverse())
      await Promise.race([
        part.stop().catch((error: unknown) => this.#logger.error({ error, part: part.name }, 'stop failed')),
        deadline,
      ])
    this.#unlock()
  }

  async #run<P extends Part>(part: P): Promise<P> {
    this.#started.push(part)
    await part.start()
    return part
  }

  /** The engine and PostgreSQL start side by side. */
  async #startStores(): Promise<{ store: ColumnStore; catalog: Catalog; isSoleWriter: boolean }> {
    const catalog = new Catalog({
      url: this.#config.postgres.url,
      folder: join(this.#folder, 'postgres'),
      clock: this.#clock,
      logger: this.#logger,
    })
    const { store, engine } = openStore(this.#config.clickhouse, {
      folder: this.#folder,
      logger: this.#logger,
      clock: this.#clock,
    })
    const parts: Part[] = engine === null ? [catalog] : [engine, catalog]
    const outcomes = await Promise.allSettled(parts.map((part) => this.#run(part)))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    const seconds = this.#metrics.durations(
      'sightline_store_statement_seconds',
      'Time of statements in the column store',
      ['kind'],
    )
    this.#metrics.counter(
      'sightline_engine_restarts_total',
      'Times the embedded engine was started again after it died',
      () => engine?.restarts ?? 0,
    )
    return { store: observedStore(store, { tracer: this.#tracer, seconds }), catalog, isSoleWriter: engine !== null }
  }

  async #startIngest(store: ColumnStore, catalog: Catalog, metrics: MetricsQueries) {
    const clock = this.#clock
    const logger = this.#logger
    const policy = tenantPolicies(catalog.directory, this.#config)
    const tables = await createSeriesTables({ maxSeries: this.#config.limits.maxSeries })
    const ledger = this.#readable.of(createLedger(clock))
    const { journal, recovery } = await openJournal({
      folder: join(this.#folder, 'journal'),
      maxBytes: this.#config.journal.maxBytes,
      clock,
      logger,
    })
    const retention = (tenant: TenantId, signal: 'metrics' | 'logs' | 'traces') => policy(tenant).retentionDays[signal]
    const writer = new IngestWriter({ journal, retention, clock, paceMs: this.#config.journal.commitWindow })
    const onStored = (segment: Segment) =>
      metrics
        .stored(segment)
        .catch((error: unknown) => logger.warn({ error, path: segment.path }, 'samples held in memory were let go'))
    const loader = await this.#run(
      new Loader({ journal, store, ledger, clock, logger, onStored, recovered: recovery.waiting }),
    )
    const deriver = await this.#run(
      new Deriver({
        store,
        clock,
        logger,
        settledThroughMs: () => writer.settledThroughMs(),
        rollupRetentionDays: this.#config.retention.rollups,
      }),
    )
    const pipelines = await this.#run(createLogPipelines({ config: this.#config.pipelines, catalog, clock, logger }))
    const sink = createPipeline({
      userPipelines: (tenant) => pipelines.of(tenant),
      sink: writer,
      ledger,
      clock,
      limits: (tenant, signal) => policy(tenant).signals[signal],
    })
    await this.#run(new ReportMetrics({ pipelines, sink, tables, clock, logger }))
    const inFlight = createInFlight({ reusesMemory: true })
    const sweep = () => {
      tables.sweep()
      this.#cancelSweep = clock.after(sweepEveryMs, sweep)
    }
    this.#cancelSweep = clock.after(sweepEveryMs, sweep)
    const watched = { ledger, journal, writer, loader, tables, inFlight, deriver, queries: metrics }
    watchProgram(this.#metrics, { ...watched, tenantName: (id) => tenantName(catalog, id) })
    const otlpTranslation = new OtlpTranslation(this.#config.otlp.translation)
    const context: ReceiverContext = { sink, tables, ledger, clock, logger, otlpTranslation, openTraceRows, inFlight }
    return { context, ledger, inFlight, pipelines }
  }

  #createDemo(parts: {
    store: ColumnStore
    catalog: Catalog
    metrics: MetricsQueries
    context: ReceiverContext
    ledger: Ledger
  }): DemoHost {
    const { store, catalog, metrics, context, ledger } = parts
    return new DemoHost({
      ...{ store, catalog, context, ledger, clock: this.#clock, logger: this.#logger },
      forget: (tenant) => metrics.forget(tenant),
      scraper: activeReceiver('prometheus_scrape'),
      folder: join(this.#folder, 'demo-shop'),
      url: () => `${this.#scheme}://${this.#address}`,
    })
  }

  async #startHttp(parts: {
    store: ColumnStore
    catalog: Catalog
    access: Access
    demo: DemoHost
    metrics: MetricsQueries
    pipelines: UserPipelines
    context: ReceiverContext
    ledger: Ledger
    inFlight: ReturnType<typeof createInFlight>
  }): Promise<{ address: string }> {
    const { store, catalog, access, demo, metrics, pipelines, context, ledger, inFlight } = parts
    const app = await createHttpServer({
      tls: this.#tls,
      logger: this.#logger,
      version: this.#options.version,
      queries: createQueryContext({ store, clock: this.#clock }),
      scopeOf: scopeFromAccess(access),
      ledger,
      receiverPlaces: receiverPlaces(receivers, this.#config),
      readable: this.#readable,
      tenantName: (id) => tenantName(catalog, id),
      maySee: (scope, tenant) => access.may(scope.principal, 'query', tenant),
      logPipelines: pipelineRoutes({ pipelines, catalog, access, clock: this.#clock }),
      demo,
      // Who may do everything on the platform's own tenant may do so on all.
      mayManage: (scope) => access.may(scope.principal, 'admin', systemTenant),
      tokens: catalog.tokens,
      links: catalog.links,
      mayAdminister: (scope) => access.may(scope.principal, 'admin', scope.tenant),
      parts: () => this.#started,
      exposition: async () => ({
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        text: await this.#metrics.exposition(),
      }),
      prepare: (server) => traceRequests(server, this.#tracer),
      register: async (scope) => {
        await registerHttpReceivers(scope, receivers, {
          context,
          authorizeIngest: (headers, address) => access.authorizeIngest(headers, address),
          inFlight,
          listener: 'api',
        })
        registerStaticFiles(scope, this.#options.webFolder ?? fileURLToPath(new URL('../web/dist', import.meta.url)))
        await registerPrometheusApi(scope, {
          metrics,
          scopeOf: scopeFromAccess(access),
          clock: this.#clock,
          logger: this.#logger,
          version: this.#options.version,
          // Scraped series belong to the default tenant.
          targets: (tenant) => (tenant === defaultTenant ? (this.#scraper?.targets() ?? []) : demo.targets(tenant)),
        })
      },
    })
    this.#address = await this.#listen(app)
    return { address: this.#address }
  }

  async #listen(app: FastifyInstance): Promise<string> {
    const { host, port } = this.#config.http.listen
    let isListening = false
    await this.#run({
      name: 'http-listener',
      start: async () => {
        await app.listen({ host, port })
        isListening = true
      },
      stop: async () => app.close(),
      health: () => ({ ready: isListening }),
    })
    return hostAndPort(host, (app.server.address() as AddressInfo).port)
  }

  async #startListeners(access: Access, context: ReceiverContext, inFlight: ReturnType<typeof createInFlight>) {
    const authorizeIngest = access.authorizeIngest.bind(access)
    const ingest = { context, authorizeIngest, inFlight, tls: this.#tls }
    const { http, grpc } = this.#config.otlp
    const httpPart = http.listen === null ? null : await this.#run(createHttpListener(http.listen, receivers, ingest))
    const grpcPart = grpc.listen === null ? null : await this.#run(createGrpcListener(grpc.listen, receivers, ingest))
    for (const part of createSocketParts(receivers, this.#config, ingest)) await this.#run(part)
    return {
      otlpHttp: httpPart === null ? null : `${this.#scheme}://${hostAndPort(http.listen?.host ?? '', httpPart.port)}`,
      otlpGrpc: grpcPart === null ? null : hostAndPort(grpc.listen?.host ?? '', grpcPart.port),
    }
  }

  async #startScraper(context: ReceiverContext): Promise<ActivePart> {
    const active = activeReceiver('prometheus_scrape')
    const scraper = active.create(this.#config.scrape, context)
    this.#scraper = scraper
    return this.#run(scraper)
  }

  async #startOwnTelemetry(context: ReceiverContext, instance: string): Promise<void> {
    const { version } = this.#options
    const parts = { context, metrics: this.#metrics, tracer: this.#tracer, logs: this.#ownLogs }
    await this.#run(new OwnTelemetry({ ...parts, version, instance }))
  }
}

function activeReceiver(name: string): ActiveReceiver {
  for (const receiver of receivers) if (receiver.kind === 'active' && receiver.name === name) return receiver
  throw new Error(`there is no receiver ${name}`)
}

function tenantName(catalog: Catalog, id: TenantId): string {
  return catalog.directory.byId(id)?.name ?? String(id)
}

function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Version of the package that this file belongs to. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
