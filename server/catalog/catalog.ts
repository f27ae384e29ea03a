import { randomBytes } from 'node:crypto'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Client, type ClientConfig, escapeIdentifier, escapeLiteral, Pool } from 'pg'
import type { Clock } from '../runtime/clock.ts'
import type { Secret } from '../runtime/config/secret.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Part, PartHealth } from '../runtime/part.ts'
import { CatalogUnavailable, type Database, type ResourceContext } from './database.ts'
import { migrateCatalog } from './migrate.ts'
import { EmbeddedPostgres } from './postgres/embedded-postgres.ts'
import { type ApiTokens, apiTokensOf } from './resources/api-tokens.ts'
import { type AuditRecords, auditRecordsOf } from './resources/audit-records.ts'
import { type Links, linksOf } from './resources/links.ts'
import { type LogPipelines, logPipelinesOf } from './resources/log-pipelines.ts'
import { type Settings, settingsOf } from './resources/settings.ts'
import { type Tenants, tenantsOf } from './resources/tenants.ts'
import { type Users, usersOf } from './resources/users.ts'
import { FilledDirectory, type TenantDirectory } from './tenant-directory.ts'

/** Database of the settings in the embedded PostgreSQL. */
const ownDatabase = 'sightline'

/** Connections of one process; the calls beyond them wait. */
const poolSize = 8
const connectTimeoutMs = 5_000
const statementTimeoutMs = 10_000
/** How old the tenants in memory may be: a change by another process shows after this time. */
const directoryAgeMs = 10_000
/** How soon to look again while the database does not answer. */
const awayRetryMs = 1_000

export interface CatalogOptions {
  /** A PostgreSQL of the user; not set: the embedded one. */
  readonly url: Secret
  /** Folder of the embedded PostgreSQL. */
  readonly folder: string
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * What people set up, in PostgreSQL: tenants, users, tokens, settings, audit records. All calls throw
 * CatalogUnavailable before it has started, and the driver's errors while the database is away.
 */
export class Catalog implements Part {
  readonly name = 'catalog'
  readonly tenants: Tenants
  readonly users: Users
  readonly tokens: ApiTokens
  readonly settings: Settings
  readonly links: Links
  readonly audit: AuditRecords
  readonly pipelines: LogPipelines
  readonly #options: CatalogOptions
  readonly #embedded: EmbeddedPostgres | undefined
  readonly #directory = new FilledDirectory()
  #pool: Pool | undefined
  #database: Database | undefined
  #cancelRefresh: () => void = () => undefined
  #trouble = 'not started'

  constructor(options: CatalogOptions) {
    this.#options = options
    const { folder, clock, logger } = options
    this.#embedded = options.url.isSet ? undefined : new EmbeddedPostgres({ folder, clock, logger })
    const context: ResourceContext = { database: () => this.#open(), clock, changed: () => this.#refresh() }
    this.tenants = tenantsOf(context)
    this.users = usersOf(context)
    this.tokens = apiTokensOf(context)
    this.settings = settingsOf(context)
    this.links = linksOf(context)
    this.audit = auditRecordsOf(context)
    this.pipelines = logPipelinesOf(context)
  }

  /** Tenants in memory; empty before the start. */
  get directory(): TenantDirectory {
    return this.#directory
  }

  /** Throws: NewerSchema; an error that names the address where the database cannot be reached. */
  async start(): Promise<void> {
    await this.#embedded?.start()
    if (this.#embedded !== undefined) await this.#makeDatabase(ownDatabase)
    const pool = new Pool({
      ...this.#address(ownDatabase),
      max: poolSize,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      application_name: 'sightline',
    })
    // An idle connection that breaks is replaced on the next call.
    pool.on('error', (error) => this.#options.logger.warn({ part: 'catalog' }, `a connection broke: ${error.message}`))
    this.#pool = pool
    await this.#migrate(pool)
    this.#database = drizzle(pool)
    await this.#refresh()
    this.#refreshLater()
  }

  async stop(): Promise<void> {
    this.#cancelRefresh()
    this.#database = undefined
    this.#trouble = 'stopped'
    await this.#pool?.end().catch(() => undefined)
    await this.#embedded?.stop()
  }

  health(): PartHealth {
    const server = this.#embedded?.health()
    if (server !== undefined && !server.ready) return { ready: false, detail: `PostgreSQL: ${server.detail}` }
    return this.#trouble === '' ? { ready: true } : { ready: false, detail: this.#trouble }
  }

  /**
   * Makes a database with an owner of the same name and a new password, for somebody else's data beside ours, and
   * resolves with its URL. What is there already stays, but for the password.
   */
  async createDatabase(name: string): Promise<string> {
    const password = randomBytes(24).toString('base64url')
    await this.#asAdministrator(async (client) => {
      const role = escapeIdentifier(name)
      const known = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name])
      const verb = known.rowCount === 0 ? 'CREATE' : 'ALTER'
      await client.query(`${verb} ROLE ${role} LOGIN PASSWORD ${escapeLiteral(password)}`)
    })
    await this.#makeDatabase(name, name)
    const { host, port } = this.#hostAndPort()
    return `postgres://${encodeURIComponent(name)}:${password}@${host}:${port}/${encodeURIComponent(name)}`
  }

  #open(): Database {
    if (this.#database === undefined) throw new CatalogUnavailable(`the settings cannot be reached: ${this.#trouble}`)
    return this.#database
  }

  #address(database: string | undefined): ClientConfig {
    if (this.#embedded !== undefined) return { ...this.#embedded.address(), database }
    return { connectionString: this.#options.url.reveal() }
  }

  #hostAndPort(): { host: string; port: number } {
    if (this.#embedded !== undefined) return this.#embedded.address()
    const url = new URL(this.#options.url.reveal())
    return { host: url.hostname, port: Number(url.port || 5432) }
  }

  async #migrate(pool: Pool): Promise<void> {
    const client = await pool.connect().catch((error: Error) => {
      const { host, port } = this.#hostAndPort()
      throw new Error(`the settings database at ${host}:${port} cannot be reached: ${error.message}`)
    })
    try {
      // Whoever waits for another program's migration waits longer than a statement may take.
      await client.query('SET statement_timeout = 0')
      await migrateCatalog(client, this.#options.clock.nowMs())
    } finally {
      // Not back into the pool: its settings differ.
      client.release(true)
    }
  }

  async #makeDatabase(name: string, owner?: string): Promise<void> {
    await this.#asAdministrator(async (client) => {
      const known = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
      if (known.rowCount !== 0) return
      const ownership = owner === undefined ? '' : ` OWNER ${escapeIdentifier(owner)}`
      await client.query(`CREATE DATABASE ${escapeIdentifier(name)}${ownership}`)
    })
  }

  async #asAdministrator(work: (client: Client) => Promise<void>): Promise<void> {
    const client = new Client(this.#address('postgres'))
    await client.connect()
    try {
      await work(client)
    } finally {
      await client.end()
    }
  }

  async #refresh(): Promise<void> {
    try {
      this.#directory.fill(await this.tenants.list(), await this.users.count())
      this.#trouble = ''
    } catch (error) {
      this.#trouble = `the settings database does not answer: ${reasonOf(error)}`
    }
  }

  #refreshLater(): void {
    const delayMs = this.#trouble === '' ? directoryAgeMs : awayRetryMs
    this.#cancelRefresh = this.#options.clock.after(delayMs, () => {
      void this.#refresh().then(() => {
        if (this.#database !== undefined) this.#refreshLater()
      })
    })
  }
}

/** The driver's word; the ORM's own message is the whole statement. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error ? cause.message : message
}
