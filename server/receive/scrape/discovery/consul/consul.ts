import { errorWords } from '../../error-words.ts'
import { createHttpClient, type HttpClient } from '../../http/http-client.ts'
import { PacedUpdates } from '../../paced-updates.ts'
import type { Discovery, DiscoveryContext, DiscoveryMechanism, TargetGroup } from '../mechanism.ts'
import { BlockingQuery } from './blocking-query.ts'
import { type ConsulConfig, consulSchema } from './config.ts'
import { groupOfService, type InstanceWire } from './instances.ts'

/** Targets out of the catalog and the health checks of Consul: the list of services is followed, and each service. */
export const consulDiscovery: DiscoveryMechanism<ConsulConfig> = {
  key: 'consul_sd_configs',
  schema: consulSchema,
  create: (config, context) => new ConsulDiscovery(config, context),
}

/** Source: Consul HTTP API, /v1/catalog/services: tags by service. */
type CatalogWire = Readonly<Record<string, readonly string[] | null>>

interface AgentWire {
  readonly Config?: { readonly Datacenter?: string }
}

class ConsulDiscovery implements Discovery {
  readonly #config: ConsulConfig
  readonly #context: DiscoveryContext
  readonly #client: HttpClient
  readonly #stopped = new AbortController()
  readonly #services = new Map<string, { query: BlockingQuery; group: TargetGroup | null }>()
  readonly #leaving = new Set<Promise<void>>()
  #catalog: BlockingQuery | null = null
  #updates: PacedUpdates | null = null
  /** Asked for where the configuration does not say. */
  #datacenter: string

  constructor(config: ConsulConfig, context: DiscoveryContext) {
    this.#config = config
    this.#context = context
    this.#datacenter = config.datacenter
    const { username, password = '' } = config
    const login = username === undefined ? {} : { basic_auth: { username, password } }
    this.#client = createHttpClient({ ...config, ...login }, context)
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    this.#updates = new PacedUpdates(this.#context.clock, () => {
      update([...this.#services.values()].map(({ group }) => group).filter((group) => group !== null))
      return true
    })
    const { services, tags } = this.#config
    // Named services without conditions need no list.
    if (services.length > 0 && tags.length === 0) for (const name of services) this.#follow(name)
    else {
      const query = { ...this.#selection(), ...filterOf(this.#config.filter) }
      this.#catalog = this.#query('/v1/catalog/services', query, (answer) => this.#readCatalog(answer as CatalogWire))
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('stopped'))
    this.#updates?.stop()
    const queries = [...this.#services.values()].map(({ query }) => query)
    await Promise.all([this.#catalog?.stop(), ...queries.map((query) => query.stop()), ...this.#leaving])
    await this.#client.close()
  }

  #readCatalog(catalog: CatalogWire): void {
    const { services, tags } = this.#config
    const isWanted = (name: string) =>
      (services.length === 0 || services.includes(name)) && tags.every((tag) => catalog[name]?.includes(tag))
    const wanted = new Set(Object.keys(catalog).filter(isWanted))
    for (const [name, { query }] of this.#services) {
      if (wanted.has(name)) continue
      this.#services.delete(name)
      const leaving = query.stop().finally(() => this.#leaving.delete(leaving))
      this.#leaving.add(leaving)
    }
    for (const name of wanted) if (!this.#services.has(name)) this.#follow(name)
    this.#updates?.request()
  }

  #follow(name: string): void {
    const { tags, health_filter: filter } = this.#config
    const query = { ...this.#selection(), ...filterOf(filter), tag: tags }
    const entry: { query: BlockingQuery; group: TargetGroup | null } = {
      group: null,
      query: this.#query(`/v1/health/service/${encodeURIComponent(name)}`, query, async (answer) => {
        const datacenter = await this.#ownDatacenter()
        entry.group = groupOfService(name, answer as InstanceWire[], { ...this.#config, datacenter })
        this.#updates?.request()
      }),
    }
    this.#services.set(name, entry)
  }

  #query(path: string, query: Query, read: (answer: unknown) => void | Promise<void>): BlockingQuery {
    const { clock, logger } = this.#context
    const failed = (error: unknown): void =>
      logger.warn(
        { server: this.#config.server, path, reason: errorWords(error) },
        'Consul cannot be asked; what was found last stays',
      )
    const { refresh_interval: everyMs } = this.#config
    return new BlockingQuery({
      clock,
      everyMs,
      read,
      failed,
      ask: (waiting, signal) => this.#ask(path, { ...query, ...waiting }, signal),
    })
  }

  async #ask(path: string, query: Query, signal: AbortSignal) {
    const { scheme, server, path_prefix: prefix, token } = this.#config
    const parameters = new URLSearchParams()
    for (const [name, values] of Object.entries(query))
      for (const value of [values].flat()) parameters.append(name, value)
    const url = `${scheme}://${server}${prefix}${path}?${parameters}`
    const headers: Record<string, string> = { accept: 'application/json', 'accept-encoding': 'gzip' }
    if (token !== undefined) headers['x-consul-token'] = token
    return this.#client.fetch({ url, headers, signal, maxBytes: maxAnswerBytes })
  }

  #selection(): Query {
    const { datacenter, namespace, partition, allow_stale: isStale, node_meta: meta } = this.#config
    return {
      ...(datacenter === '' ? {} : { dc: datacenter }),
      ...(namespace === '' ? {} : { ns: namespace }),
      ...(partition === '' ? {} : { partition }),
      ...(isStale ? { stale: '' } : {}),
      'node-meta': Object.entries(meta).map(([name, value]) => `${name}:${value}`),
    }
  }

  async #ownDatacenter(): Promise<string> {
    if (this.#datacenter !== '') return this.#datacenter
    const { status, body } = await this.#ask('/v1/agent/self', {}, this.#stopped.signal)
    if (status !== 200) throw new Error(`/v1/agent/self: expected HTTP status 200, got ${status}`)
    this.#datacenter = (JSON.parse(new TextDecoder().decode(body)) as AgentWire).Config?.Datacenter ?? ''
    return this.#datacenter
  }
}

/** Parameters; a list is one that stands several times. */
type Query = Readonly<Record<string, string | readonly string[]>>

/** Largest answer that is read, bytes. */
const maxAnswerBytes = 64 * 1024 * 1024

function filterOf(filter: string): Query {
  return filter === '' ? {} : { filter }
}
