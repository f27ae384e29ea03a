import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../../../../runtime/logger.ts'
import { ManualClock } from '../../../manual-clock-suite.ts'
import type { Discovery, TargetGroup } from '../mechanism.ts'
import { consulSchema } from './config.ts'
import { consulDiscovery } from './consul.ts'

/** Consul's HTTP API for tests: blocking queries with one index for all. */
class FakeConsul {
  readonly requests: { readonly url: URL; readonly token: string | undefined }[] = []
  readonly services = new Map<string, { tags: string[]; instances: unknown[] }>()
  fails = false
  index = 10
  readonly #held = new Set<() => void>()
  readonly #server: Server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://consul')
    this.requests.push({ url, token: request.headers['x-consul-token'] as string | undefined })
    if (this.fails) return void response.writeHead(500).end('No cluster leader')
    if (url.pathname === '/v1/agent/self') return void response.end(JSON.stringify({ Config: { Datacenter: 'dc9' } }))
    const answer = (): void => {
      this.#held.delete(answer)
      this.#answer(url, response)
    }
    // Held until something changes, as the server has nothing new.
    if (Number(url.searchParams.get('index') ?? 0) >= this.index) this.#held.add(answer)
    else answer()
  })

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  changed(by = 1): void {
    this.index += by
    for (const answer of [...this.#held]) answer()
  }

  get held(): number {
    return this.#held.size
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(url: URL, response: ServerResponse): void {
    const name = /^\/v1\/health\/service\/(.+)$/.exec(url.pathname)?.[1]
    const catalog = Object.fromEntries([...this.services].map(([service, { tags }]) => [service, tags]))
    const body = name === undefined ? catalog : (this.services.get(decodeURIComponent(name))?.instances ?? [])
    response.writeHead(200, { 'x-consul-index': String(this.index) }).end(JSON.stringify(body))
  }
}

let consul: FakeConsul
let address: string
let clock: ManualClock
let warnings: string[]
let running: Discovery | null

beforeEach(async () => {
  clock = new ManualClock(1_800_000_000_000)
  warnings = []
  running = null
  consul = new FakeConsul()
  address = await consul.open()
})
afterEach(async () => {
  await running?.stop()
  await consul.close()
})

function discover(config: Record<string, unknown>) {
  const found: { groups: readonly TargetGroup[] } = { groups: [] }
  const logger = createLogger({ level: 'warn', stream: { write: (line) => void warnings.push(line) } })
  running = consulDiscovery.create(consulSchema.parse({ server: address, ...config }), {
    clock,
    logger,
    baseFolder: '.',
  })
  running.start((groups) => {
    found.groups = groups
  })
  return found
}

/** Lets time pass, in short steps, until `isDone`. */
async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
    clock.advance(1000)
  }
}

const instance = (id: string, rest: Record<string, unknown> = {}) => ({
  Node: {
    Node: 'n1',
    Address: '10.0.0.1',
    Partition: 'default',
    Meta: { rack: 'r-1' },
    TaggedAddresses: { lan: '10.0.0.1' },
  },
  Service: { ID: id, Address: '', Port: 8080, Namespace: 'ns1', Tags: ['a', 'b'], Meta: { 'metrics-path': '/m' } },
  Checks: [{ CheckID: 'serfHealth', Status: 'passing' }],
  ...rest,
})

const names = ({ groups }: { groups: readonly TargetGroup[] }) =>
  groups.flatMap(({ targets }) => targets.map((target) => target.__meta_consul_service_id)).sort()

describe('services', () => {
  it('become targets with their labels', async () => {
    consul.services.set('web', { tags: [], instances: [instance('web-1')] })
    const found = discover({})
    await until(() => found.groups.length > 0)
    expect(found.groups).toEqual([
      {
        labels: { __meta_consul_service: 'web', __meta_consul_dc: 'dc9' },
        targets: [
          {
            __address__: '10.0.0.1:8080',
            __meta_consul_address: '10.0.0.1',
            __meta_consul_node: 'n1',
            __meta_consul_namespace: 'ns1',
            __meta_consul_partition: 'default',
            __meta_consul_tags: ',a,b,',
            __meta_consul_service_address: '',
            __meta_consul_service_port: '8080',
            __meta_consul_service_id: 'web-1',
            __meta_consul_health: 'passing',
            __meta_consul_metadata_rack: 'r-1',
            __meta_consul_service_metadata_metrics_path: '/m',
            __meta_consul_tagged_address_lan: '10.0.0.1',
          },
        ],
      },
    ])
  })

  it.each([
    [[{ Status: 'passing' }, { Status: 'warning' }], 'warning'],
    [[{ Status: 'warning' }, { Status: 'critical' }], 'critical'],
    [[{ Status: 'critical' }, { CheckID: '_service_maintenance:x', Status: 'critical' }], 'maintenance'],
    [[], 'passing'],
  ])('health of %j is %s', async (Checks, wanted) => {
    consul.services.set('web', { tags: [], instances: [instance('web-1', { Checks })] })
    const found = discover({ datacenter: 'x' })
    await until(() => found.groups.length > 0)
    expect(found.groups[0].targets[0].__meta_consul_health).toBe(wanted)
  })

  it('come and go as the catalog says', async () => {
    consul.services.set('web', { tags: [], instances: [instance('web-1')] })
    const found = discover({})
    await until(() => names(found).length === 1 && consul.held === 2)
    consul.services.set('db', { tags: [], instances: [instance('db-1'), instance('db-2')] })
    consul.changed()
    await until(() => names(found).length === 3)
    expect(names(found)).toEqual(['db-1', 'db-2', 'web-1'])
    consul.services.delete('web')
    consul.changed()
    await until(() => names(found).length === 2)
    consul.services.get('db')!.instances.pop()
    consul.changed()
    await until(() => names(found).length === 1)
  })

  it('are chosen by name and tags, and asked for as the configuration says', async () => {
    for (const [name, tags] of [
      ['web', ['x', 'y']],
      ['api', ['x']],
      ['db', ['x', 'y']],
    ] as const)
      consul.services.set(name, { tags: [...tags], instances: [instance(`${name}-1`)] })
    const found = discover({
      services: ['web', 'api'],
      tags: ['x', 'y'],
      token: 'secret',
      datacenter: 'dc1',
      namespace: 'ns',
      partition: 'p',
      node_meta: { rack: 'r1' },
      filter: 'Meta.a == b',
      health_filter: 'Node.Meta.a == b',
    })
    await until(() => names(found).length > 0)
    expect(names(found)).toEqual(['web-1'])
    const catalog = consul.requests.find(({ url }) => url.pathname === '/v1/catalog/services')!
    expect(catalog.token).toBe('secret')
    const asked = { dc: 'dc1', ns: 'ns', partition: 'p', 'node-meta': 'rack:r1', stale: '' }
    expect(Object.fromEntries(catalog.url.searchParams)).toMatchObject({ ...asked, filter: 'Meta.a == b' })
    const health = consul.requests.find(({ url }) => url.pathname.startsWith('/v1/health'))!
    expect(Object.fromEntries(health.url.searchParams)).toMatchObject({ ...asked, filter: 'Node.Meta.a == b' })
    expect(health.url.searchParams.getAll('tag')).toEqual(['x', 'y'])
  })

  it('that are named are asked for without the catalog', async () => {
    consul.services.set('web', { tags: [], instances: [instance('web-1')] })
    const found = discover({ services: ['web'] })
    await until(() => names(found).length === 1)
    expect(consul.requests.some(({ url }) => url.pathname === '/v1/catalog/services')).toBe(false)
  })

  it('stay while Consul fails, and are followed again when its index has gone back', async () => {
    consul.services.set('web', { tags: [], instances: [instance('web-1')] })
    const found = discover({ services: ['web'] })
    await until(() => names(found).length === 1 && consul.held === 1)
    consul.fails = true
    consul.changed()
    await until(() => warnings.length > 0)
    expect(names(found)).toEqual(['web-1'])
    consul.fails = false
    consul.index = 3
    consul.services.set('web', { tags: [], instances: [instance('web-2')] })
    await until(() => names(found)[0] === 'web-2')
  })
})
