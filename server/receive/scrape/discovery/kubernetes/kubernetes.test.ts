import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger, type Logger } from '../../../../runtime/logger.ts'
import { ManualClock } from '../../../manual-clock-suite.ts'
import type { Discovery, TargetGroup } from '../mechanism.ts'
import { kubernetesSchema } from './config.ts'
import { connect } from './connection.ts'
import { kubernetesDiscovery } from './kubernetes.ts'
import { FakeKubernetesApi } from './kubernetes-api-suite.ts'

let clock: ManualClock
let api: FakeKubernetesApi
let server: string
let folder: string
let logger: Logger
let warnings: string[]
const running: Discovery[] = []

beforeEach(async () => {
  clock = new ManualClock(1_800_000_000_000)
  api = new FakeKubernetesApi()
  server = await api.open()
  folder = mkdtempSync(join(tmpdir(), 'kubernetes-'))
  warnings = []
  logger = createLogger({ level: 'warn', stream: { write: (line) => void warnings.push(line) } })
})
afterEach(async () => {
  for (const discovery of running.splice(0)) await discovery.stop()
  await api.close()
  rmSync(folder, { recursive: true })
})

interface Found {
  groups: readonly TargetGroup[] | null
  updates: number
  discovery: Discovery
}

function discover(config: Record<string, unknown>): Found {
  const discovery = kubernetesDiscovery.create(
    kubernetesSchema.parse({ ...('kubeconfig_file' in config ? {} : { api_server: server }), ...config }),
    { clock, logger, baseFolder: folder },
  )
  const found: Found = { groups: null, updates: 0, discovery }
  discovery.start((groups) => {
    found.groups = groups
    found.updates += 1
  })
  running.push(discovery)
  return found
}

/** Lets time pass, in short steps, until `isDone`. */
async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
    clock.advance(1000)
  }
}

async function firstGroups(config: Record<string, unknown>): Promise<readonly TargetGroup[]> {
  const found = discover(config)
  await until(() => found.groups !== null)
  return found.groups!
}

const meta = (name: string, rest: Record<string, unknown> = {}) => ({ name, namespace: 'shop', ...rest })

const pod = {
  metadata: meta('cart-1', {
    uid: 'u-1',
    labels: { 'app.kubernetes.io/name': 'cart' },
    annotations: { 'prometheus.io/scrape': 'yes' },
    ownerReferences: [
      { kind: 'Other', name: 'x' },
      { kind: 'ReplicaSet', name: 'cart', controller: true },
    ],
    managedFields: [{ manager: 'kubectl' }],
  }),
  spec: {
    nodeName: 'n-1',
    containers: [
      {
        name: 'web',
        image: 'cart:1',
        ports: [
          { name: 'http', containerPort: 8080, protocol: 'TCP' },
          { name: 'admin', containerPort: 9090, protocol: 'TCP' },
        ],
      },
      { name: 'sidecar', image: 'side:1' },
    ],
    initContainers: [{ name: 'init', image: 'init:1' }],
  },
  status: {
    podIP: '10.0.0.1',
    hostIP: '192.168.0.1',
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'web', containerID: 'containerd://abc' }],
  },
}

const podMeta = {
  __meta_kubernetes_namespace: 'shop',
  __meta_kubernetes_pod_name: 'cart-1',
  __meta_kubernetes_pod_label_app_kubernetes_io_name: 'cart',
  __meta_kubernetes_pod_labelpresent_app_kubernetes_io_name: 'true',
  __meta_kubernetes_pod_annotation_prometheus_io_scrape: 'yes',
  __meta_kubernetes_pod_annotationpresent_prometheus_io_scrape: 'true',
  __meta_kubernetes_pod_ip: '10.0.0.1',
  __meta_kubernetes_pod_ready: 'true',
  __meta_kubernetes_pod_phase: 'Running',
  __meta_kubernetes_pod_node_name: 'n-1',
  __meta_kubernetes_pod_host_ip: '192.168.0.1',
  __meta_kubernetes_pod_uid: 'u-1',
  __meta_kubernetes_pod_controller_kind: 'ReplicaSet',
  __meta_kubernetes_pod_controller_name: 'cart',
}

const webPort = (number: string, name: string) => ({
  __meta_kubernetes_pod_container_name: 'web',
  __meta_kubernetes_pod_container_image: 'cart:1',
  __meta_kubernetes_pod_container_init: 'false',
  __meta_kubernetes_pod_container_port_name: name,
  __meta_kubernetes_pod_container_port_number: number,
  __meta_kubernetes_pod_container_port_protocol: 'TCP',
})

const node = {
  metadata: { name: 'n-1', labels: { zone: 'a' }, annotations: { note: 'x' } },
  spec: { providerID: 'aws:///i-1' },
  status: {
    addresses: [
      { type: 'Hostname', address: 'n-1.local' },
      { type: 'InternalIP', address: '192.168.0.1' },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  },
}

const service = {
  metadata: meta('cart', { labels: { tier: 'web' } }),
  spec: { type: 'ClusterIP', clusterIP: '10.1.0.1', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
}

const serviceMeta = {
  __meta_kubernetes_service_name: 'cart',
  __meta_kubernetes_service_label_tier: 'web',
  __meta_kubernetes_service_labelpresent_tier: 'true',
}

describe('roles', () => {
  it('pod', async () => {
    api.put('pods', pod)
    api.put('pods', { metadata: meta('pending') })
    const id = (value: string) => ({ __meta_kubernetes_pod_container_id: value })
    const bare = (name: string, image: string, init: string) => ({
      __address__: '10.0.0.1',
      __meta_kubernetes_pod_container_name: name,
      __meta_kubernetes_pod_container_image: image,
      __meta_kubernetes_pod_container_init: init,
      ...id(''),
    })
    expect(await firstGroups({ role: 'pod' })).toEqual([
      {
        labels: podMeta,
        targets: [
          { __address__: '10.0.0.1:8080', ...webPort('8080', 'http'), ...id('containerd://abc') },
          { __address__: '10.0.0.1:9090', ...webPort('9090', 'admin'), ...id('containerd://abc') },
          bare('sidecar', 'side:1', 'false'),
          bare('init', 'init:1', 'true'),
        ],
      },
    ])
  })

  it('pod, with its node and namespace attached', async () => {
    api.put('pods', pod)
    api.put('nodes', node)
    api.put('namespaces', { metadata: { name: 'shop', annotations: { team: 'blue' } } })
    const [group] = await firstGroups({ role: 'pod', attach_metadata: { node: 'true', namespace: 'true' } })
    expect(group.labels).toEqual({
      ...podMeta,
      __meta_kubernetes_node_name: 'n-1',
      __meta_kubernetes_node_label_zone: 'a',
      __meta_kubernetes_node_labelpresent_zone: 'true',
      __meta_kubernetes_namespace_annotation_team: 'blue',
      __meta_kubernetes_namespace_annotationpresent_team: 'true',
    })
  })

  it('node', async () => {
    api.put('nodes', node)
    expect(await firstGroups({ role: 'node' })).toEqual([
      {
        labels: {
          __meta_kubernetes_node_name: 'n-1',
          __meta_kubernetes_node_label_zone: 'a',
          __meta_kubernetes_node_labelpresent_zone: 'true',
          __meta_kubernetes_node_annotation_note: 'x',
          __meta_kubernetes_node_annotationpresent_note: 'true',
          __meta_kubernetes_node_provider_id: 'aws:///i-1',
        },
        targets: [
          {
            __address__: '192.168.0.1:10250',
            instance: 'n-1',
            __meta_kubernetes_node_address_InternalIP: '192.168.0.1',
            __meta_kubernetes_node_address_Hostname: 'n-1.local',
          },
        ],
      },
    ])
  })

  it('service', async () => {
    api.put('services', service)
    api.put('services', {
      metadata: meta('outside'),
      spec: { type: 'ExternalName', externalName: 'db.example.com', ports: [{ port: 5432, protocol: 'TCP' }] },
    })
    const [first, second] = await firstGroups({ role: 'service' })
    expect(first).toEqual({
      labels: { __meta_kubernetes_namespace: 'shop', ...serviceMeta },
      targets: [
        {
          __address__: 'cart.shop.svc:80',
          __meta_kubernetes_service_port_name: 'http',
          __meta_kubernetes_service_port_number: '80',
          __meta_kubernetes_service_port_protocol: 'TCP',
          __meta_kubernetes_service_type: 'ClusterIP',
          __meta_kubernetes_service_cluster_ip: '10.1.0.1',
        },
      ],
    })
    expect(second.targets[0]).toMatchObject({ __meta_kubernetes_service_external_name: 'db.example.com' })
    expect(second.targets[0]).not.toHaveProperty('__meta_kubernetes_service_cluster_ip')
  })

  it('endpoints, joined with service, pods and nodes', async () => {
    api.put('pods', pod)
    api.put('services', service)
    api.put('nodes', node)
    const targetRef = { kind: 'Pod', namespace: 'shop', name: 'cart-1' }
    api.put('endpoints', {
      metadata: meta('cart'),
      subsets: [
        {
          addresses: [{ ip: '10.0.0.1', nodeName: 'n-1', targetRef }],
          notReadyAddresses: [{ ip: '10.0.0.9', hostname: 'h' }],
          ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        },
      ],
    })
    const nodeMeta = {
      __meta_kubernetes_node_name: 'n-1',
      __meta_kubernetes_node_label_zone: 'a',
      __meta_kubernetes_node_labelpresent_zone: 'true',
    }
    expect(await firstGroups({ role: 'endpoints', attach_metadata: { node: 'true' } })).toEqual([
      {
        labels: { __meta_kubernetes_namespace: 'shop', __meta_kubernetes_endpoints_name: 'cart', ...serviceMeta },
        targets: [
          {
            __address__: '10.0.0.1:8080',
            __meta_kubernetes_endpoint_port_name: 'http',
            __meta_kubernetes_endpoint_port_protocol: 'TCP',
            __meta_kubernetes_endpoint_ready: 'true',
            __meta_kubernetes_endpoint_address_target_kind: 'Pod',
            __meta_kubernetes_endpoint_address_target_name: 'cart-1',
            __meta_kubernetes_endpoint_node_name: 'n-1',
            ...nodeMeta,
            ...podMeta,
            ...webPort('8080', 'http'),
          },
          {
            __address__: '10.0.0.9:8080',
            __meta_kubernetes_endpoint_port_name: 'http',
            __meta_kubernetes_endpoint_port_protocol: 'TCP',
            __meta_kubernetes_endpoint_ready: 'false',
            __meta_kubernetes_endpoint_hostname: 'h',
          },
          { __address__: '10.0.0.1:9090', ...podMeta, ...webPort('9090', 'admin') },
        ],
      },
    ])
  })

  it('endpointslice, joined with service and pods', async () => {
    api.put('pods', pod)
    api.put('services', service)
    api.put('endpointslices', {
      metadata: meta('cart-x', { labels: { 'kubernetes.io/service-name': 'cart' } }),
      addressType: 'IPv4',
      endpoints: [
        {
          addresses: ['10.0.0.1'],
          conditions: { ready: true, serving: true, terminating: false },
          nodeName: 'n-1',
          zone: 'a',
          targetRef: { kind: 'Pod', namespace: 'shop', name: 'cart-1' },
          deprecatedTopology: { 'kubernetes.io/hostname': 'n-1' },
        },
      ],
      ports: [{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'http' }],
    })
    const [group] = await firstGroups({ role: 'endpointslice' })
    expect(group.labels).toMatchObject({
      __meta_kubernetes_endpointslice_name: 'cart-x',
      __meta_kubernetes_endpointslice_address_type: 'IPv4',
      ...serviceMeta,
    })
    expect(group.targets).toEqual([
      {
        __address__: '10.0.0.1:8080',
        __meta_kubernetes_endpointslice_port: '8080',
        __meta_kubernetes_endpointslice_port_name: 'http',
        __meta_kubernetes_endpointslice_port_protocol: 'TCP',
        __meta_kubernetes_endpointslice_port_app_protocol: 'http',
        __meta_kubernetes_endpointslice_endpoint_conditions_ready: 'true',
        __meta_kubernetes_endpointslice_endpoint_conditions_serving: 'true',
        __meta_kubernetes_endpointslice_endpoint_conditions_terminating: 'false',
        __meta_kubernetes_endpointslice_endpoint_node_name: 'n-1',
        __meta_kubernetes_endpointslice_endpoint_zone: 'a',
        __meta_kubernetes_endpointslice_address_target_kind: 'Pod',
        __meta_kubernetes_endpointslice_address_target_name: 'cart-1',
        __meta_kubernetes_endpointslice_endpoint_topology_kubernetes_io_hostname: 'n-1',
        __meta_kubernetes_endpointslice_endpoint_topology_present_kubernetes_io_hostname: 'true',
        ...podMeta,
        ...webPort('8080', 'http'),
      },
      { __address__: '10.0.0.1:9090', ...podMeta, ...webPort('9090', 'admin') },
    ])
  })

  it('ingress', async () => {
    api.put('ingresses', {
      metadata: meta('front'),
      spec: {
        ingressClassName: 'nginx',
        tls: [{ hosts: ['*.example.com'] }],
        rules: [{ host: 'a.example.com', http: { paths: [{ path: '/x' }, {}] } }, { host: 'b.test' }],
      },
    })
    const target = (host: string, scheme: string, path: string) => ({
      __address__: host,
      __meta_kubernetes_ingress_scheme: scheme,
      __meta_kubernetes_ingress_host: host,
      __meta_kubernetes_ingress_path: path,
    })
    expect(await firstGroups({ role: 'ingress' })).toEqual([
      {
        labels: {
          __meta_kubernetes_namespace: 'shop',
          __meta_kubernetes_ingress_name: 'front',
          __meta_kubernetes_ingress_class_name: 'nginx',
        },
        targets: [
          target('a.example.com', 'https', '/x'),
          target('a.example.com', 'https', '/'),
          target('b.test', 'http', '/'),
        ],
      },
    ])
  })
})

describe('what is followed', () => {
  it('namespaces and selectors narrow the requests', async () => {
    api.put('pods', pod)
    await firstGroups({
      role: 'pod',
      namespaces: { names: ['shop', 'bank'] },
      selectors: [{ role: 'pod', label: 'app.kubernetes.io/name=cart', field: '' }],
    })
    const paths = api.requests.map(({ url }) => url)
    expect(paths.some((url) => url.startsWith('/api/v1/namespaces/shop/pods?labelSelector=app'))).toBe(true)
    expect(paths.some((url) => url.startsWith('/api/v1/namespaces/bank/pods?labelSelector=app'))).toBe(true)
  })

  it.each<[Record<string, unknown>, string]>([
    [{ role: 'ghost' }, 'expected one of node, pod'],
    [{ role: 'pod', selectors: [{ role: 'node' }] }, 'role pod takes selectors for pod, not for node'],
    [{ role: 'pod', selectors: [{ role: 'pod' }, { role: 'pod' }] }, 'two selectors for pod'],
    [{ role: 'pod', api_server: 'http://a', kubeconfig_file: 'b' }, 'at most one of api_server and kubeconfig_file'],
    [{ role: 'pod', bearer_token: 'x' }, 'need api_server'],
    [{ role: 'pod', api_server: 'http://a', namespaces: { own_namespace: 'true' } }, 'own_namespace is known inside'],
  ])('%j is refused', (config, message) => {
    expect(kubernetesSchema.safeParse(config).error?.issues[0].message).toContain(message)
  })
})

describe('the connection', () => {
  it('comes out of a kubeconfig, whose current context counts', async () => {
    api.put('pods', pod)
    writeFileSync(join(folder, 'token'), 'from file\n')
    writeFileSync(
      join(folder, 'kubeconfig'),
      JSON.stringify({
        'current-context': 'one',
        contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server: `${server}/` } }],
        users: [{ name: 'u', user: { tokenFile: 'token' } }],
      }),
    )
    await firstGroups({ role: 'pod', kubeconfig_file: 'kubeconfig' })
    expect(api.requests[0].authorization).toBe('Bearer from file')
  })

  it('is the service account of the pod inside a cluster; its token is read anew', async () => {
    const fixtures = join(import.meta.dirname, '../../fixtures')
    const pair = { cert: readFileSync(join(fixtures, 'cert.pem')), key: readFileSync(join(fixtures, 'key.pem')) }
    const secure = new FakeKubernetesApi(Math.random, pair)
    await secure.open()
    mkdirSync(join(folder, 'account'))
    writeFileSync(join(folder, 'account/token'), 'first')
    writeFileSync(join(folder, 'account/namespace'), 'shop\n')
    writeFileSync(join(folder, 'account/ca.crt'), pair.cert)
    const config = kubernetesSchema.parse({ role: 'pod' })
    const variables = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(secure.port) }
    const connection = await connect(
      config,
      { clock, baseFolder: folder },
      { variables, folder: join(folder, 'account') },
    )
    expect(connection).toMatchObject({ server: `https://127.0.0.1:${secure.port}`, ownNamespace: 'shop' })
    // The certificate is for target.test: the authority is trusted, the name is not this one.
    const asked = {
      url: `${connection.server}/api/v1/pods`,
      headers: {},
      maxBytes: 1000,
      signal: AbortSignal.timeout(10_000),
    }
    await expect(connection.client.fetch(asked)).rejects.toThrow('127.0.0.1')
    await connection.client.close()
    await secure.close()
    await expect(connect(config, { clock, baseFolder: folder }, { variables: {}, folder })).rejects.toThrow(
      'not inside',
    )
  })

  it('is tried again, and what was found stays meanwhile', async () => {
    api.put('pods', pod)
    api.failures.push(500, 403)
    const found = discover({ role: 'pod' })
    await until(() => found.groups !== null)
    expect(warnings.join()).toContain('status 403 for a test')
    api.failures.push(500, 500, 500)
    api.endWatches('break')
    await until(() => api.failures.length === 0 && api.watchers === 1)
    expect(found.groups?.length).toBe(1)
  })
})

describe('following', () => {
  it('hands on the same group for as long as nothing has changed, and changes at most every 5 s', async () => {
    api.put('pods', pod)
    const found = discover({ role: 'pod' })
    await until(() => found.groups !== null && api.watchers === 1)
    const [first] = found.groups!
    for (let i = 0; i < 50; i++)
      api.put('pods', { ...pod, metadata: meta(`p-${i}`), status: { ...pod.status, podIP: `10.0.1.${i}` } })
    await until(() => found.groups?.length === 51)
    expect(found.updates).toBeLessThanOrEqual(3)
    expect(found.groups![0]).toBe(first)
  })

  it('a bookmark moves the point from which a watch is taken up again', async () => {
    api.put('pods', pod)
    const found = discover({ role: 'pod' })
    await until(() => found.groups !== null && api.watchers === 1)
    for (let i = 0; i < 10; i++) api.put('services', { ...service, metadata: meta(`s-${i}`) })
    api.bookmark()
    api.compact()
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
    const lists = () => api.requests.filter(({ url }) => !url.includes('watch=true')).length
    const before = lists()
    api.endWatches('end')
    await until(() => api.watchers === 1)
    expect(lists()).toBe(before)
  })
})

/** A generator of numbers in [0, 1) that a seed fixes (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function podNumber(i: number, revision: number) {
  const status = { ...pod.status, podIP: `10.${i >> 8}.${i & 255}.${revision & 255}` }
  return { ...pod, metadata: meta(`p-${i}`, { uid: `u-${i}`, labels: { revision: String(revision) } }), status }
}

const sorted = (groups: readonly TargetGroup[] | null) =>
  (groups ?? []).map((group) => JSON.stringify([Object.entries(group.labels).sort(), group.targets])).sort()

/** The groups equal those of a discovery that begins now. */
async function expectFresh(found: Found, config: Record<string, unknown>): Promise<void> {
  const fresh = discover(config)
  await until(() => fresh.groups !== null)
  const wanted = sorted(fresh.groups)
  let compared = -1
  await until(() => {
    if (found.updates === compared) return false
    compared = found.updates
    return JSON.stringify(sorted(found.groups)) === JSON.stringify(wanted)
  })
  expect(sorted(found.groups)).toEqual(wanted)
  running.splice(running.indexOf(fresh.discovery), 1)
  await fresh.discovery.stop()
}

describe('after any changes and faults', () => {
  const faults = ['end', 'break', 'expire', 'compact', 'bookmark', 'error', 'gone', 'none'] as const

  it('2,000 pods that change are known as a fresh list has them', async () => {
    const random = seeded(7)
    for (let i = 0; i < 2000; i++) api.put('pods', podNumber(i, 0))
    const found = discover({ role: 'pod' })
    await until(() => found.groups !== null)
    expect(found.groups?.length).toBe(2000)
    expect(api.requests.filter(({ url }) => url.includes('limit=500')).length).toBe(4)
    for (let round = 1; round <= 8; round++) {
      for (let change = 0; change < 500; change++) {
        const i = Math.floor(random() * 2200)
        if (random() < 0.2) api.remove('pods', 'shop', `p-${i}`)
        else api.put('pods', podNumber(i, round))
        if (change % 100 === 0) await new Promise(setImmediate)
      }
      strike(faults[round - 1])
      for (let i = 0; i < 100; i++) api.remove('pods', 'shop', `p-${Math.floor(random() * 2200)}`)
      await until(() => api.failures.length === 0)
      await expectFresh(found, { role: 'pod' })
    }
  })

  it('endpoints are joined as a fresh list has them', async () => {
    const step = fc.record({
      what: fc.constantFrom('pod', 'no pod', 'service', 'no service', 'endpoints', 'no endpoints'),
      i: fc.nat(4),
      revision: fc.nat(3),
      fault: fc.constantFrom(...faults),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const config = { role: 'endpoints' }
        const found = discover(config)
        await until(() => found.groups !== null)
        for (const { what, i, revision, fault } of steps) {
          change(what, i, revision)
          strike(fault)
          for (let k = 0; k < revision; k++) await new Promise(setImmediate)
        }
        await expectFresh(found, config)
        running.splice(0)
        await found.discovery.stop()
      }),
      { seed: 11, numRuns: 25 },
    )
  })

  function strike(fault: (typeof faults)[number]): void {
    if (fault === 'end' || fault === 'break' || fault === 'expire') api.endWatches(fault)
    else if (fault === 'bookmark') api.bookmark()
    else if (fault === 'compact') {
      api.compact()
      api.endWatches('break')
    } else if (fault === 'error' || fault === 'gone') {
      api.failures.push(fault === 'gone' ? 410 : 503)
      api.endWatches('end')
    }
  }

  function change(what: string, i: number, revision: number): void {
    const [first, second] = what.split(' ')
    const kind = second ?? first
    const resource = kind === 'endpoints' ? kind : `${kind}s`
    const name = kind === 'pod' ? `p-${i}` : `s-${i}`
    const targetRef = { kind: 'Pod', namespace: 'shop', name: `p-${revision}` }
    const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }]
    const subsets = [{ addresses: [{ ip: `10.9.0.${i}`, targetRef }], ports }]
    if (second !== undefined) api.remove(resource, 'shop', name)
    else if (kind === 'pod') api.put(resource, podNumber(i, revision))
    else if (kind === 'service')
      api.put(resource, { ...service, metadata: meta(name, { labels: { r: `${revision}` } }) })
    else api.put(resource, { metadata: meta(name), subsets })
  }
})
