import type { z } from 'zod'
import { count, flag, list, period, section, text } from '../config/config-values.ts'
import { faultOfHttpClient, httpClientShape } from '../config/http-config.ts'
import { createHttpClient, type HttpClient, type HttpClientContext } from '../http/http-client.ts'
import { joinHostPort, labelNameOf } from '../meta-label.ts'
import { refreshing } from '../refreshing.ts'
import type { DiscoveryMechanism, TargetGroup } from './mechanism.ts'

/** Largest answer that is read, bytes. */
const maxAnswerBytes = 64 * 1024 * 1024

const schema = section({
  host: text.refine(
    (host) => /^(unix:\/\/\/|(tcp|https?):\/\/[^/])/.test(host),
    'expected unix:///path, tcp:// or http(s)://',
  ),
  /** Of containers that expose none. */
  port: count.default(80),
  filters: list(section({ name: text, values: list(text) })),
  host_networking_host: text.default('localhost'),
  match_first_network: flag.default(true),
  refresh_interval: period.default(60_000),
  ...httpClientShape,
}).superRefine((config, context) => {
  const fault = faultOfHttpClient(config)
  if (fault !== null) context.addIssue({ code: 'custom', message: fault })
})

type DockerConfig = z.output<typeof schema>

/** Targets out of the containers that a Docker daemon runs, asked for again and again. */
export const dockerDiscovery: DiscoveryMechanism<DockerConfig> = {
  key: 'docker_sd_configs',
  schema,
  create(config, context) {
    const { client, server } = connect(config, context)
    const ask = async (signal: AbortSignal): Promise<TargetGroup[]> => {
      const filters = Object.fromEntries(config.filters.map(({ name, values }) => [name, values]))
      const query = config.filters.length === 0 ? '' : `?${new URLSearchParams({ filters: JSON.stringify(filters) })}`
      const get = <T>(path: string) => fetchJson<T>(client, `${server}${path}`, signal)
      const [containers, networks] = await Promise.all([
        get<ContainerWire[]>(`/containers/json${query}`),
        get<NetworkWire[]>('/networks'),
      ])
      return [{ targets: targetsOf(containers, networks, config), labels: {} }]
    }
    return refreshing(
      { everyMs: config.refresh_interval, source: config.host, ask, close: () => client.close() },
      context,
    )
  },
}

function connect(config: DockerConfig, context: HttpClientContext): { client: HttpClient; server: string } {
  if (config.host.startsWith('unix://')) {
    const socketPath = config.host.slice('unix://'.length)
    return { client: createHttpClient(config, { ...context, socketPath }), server: 'http://localhost' }
  }
  const scheme = config.tls_config === undefined ? 'http' : 'https'
  const server = config.host.replace(/^tcp:/, `${scheme}:`).replace(/\/+$/, '')
  return { client: createHttpClient(config, context), server }
}

async function fetchJson<T>(client: HttpClient, url: string, signal: AbortSignal): Promise<T> {
  const { status, body } = await client.fetch({
    url,
    headers: { accept: 'application/json' },
    signal,
    maxBytes: maxAnswerBytes,
  })
  if (status !== 200) throw new Error(`${new URL(url).pathname}: expected HTTP status 200, got ${status}`)
  return JSON.parse(new TextDecoder().decode(body)) as T
}

interface EndpointWire {
  readonly NetworkID?: string
  readonly IPAddress?: string
}

type Endpoints = Readonly<Record<string, EndpointWire | null>>

/** Source: Docker Engine API, ContainerList. */
interface ContainerWire {
  readonly Id: string
  readonly Names?: readonly string[]
  readonly Labels?: Readonly<Record<string, string>>
  readonly HostConfig?: { readonly NetworkMode?: string }
  readonly NetworkSettings?: { readonly Networks?: Endpoints | null }
  readonly Ports?: readonly {
    readonly IP?: string
    readonly PrivatePort?: number
    readonly PublicPort?: number
    readonly Type?: string
  }[]
}

/** Source: Docker Engine API, NetworkList. */
interface NetworkWire {
  readonly Id: string
  readonly Name?: string
  readonly Scope?: string
  readonly Internal?: boolean
  readonly Ingress?: boolean
  readonly Labels?: Readonly<Record<string, string>> | null
}

type Labels = Record<string, string>

function targetsOf(
  containers: readonly ContainerWire[],
  networks: readonly NetworkWire[],
  config: DockerConfig,
): Labels[] {
  const byId = new Map(containers.map((container) => [container.Id, container]))
  const networkLabels = new Map(networks.map((network) => [network.Id, labelsOfNetwork(network)]))
  return containers.flatMap((container) => {
    if ((container.Names ?? []).length === 0) return []
    const own = labelsOfContainer(container)
    return endpointsOf(container, byId, config.match_first_network).flatMap((endpoint) => {
      const labels = {
        ...own,
        ...networkLabels.get(endpoint.NetworkID ?? ''),
        __meta_docker_network_ip: endpoint.IPAddress ?? '',
      }
      return portsOf(container, endpoint, config).map((port) => ({ ...labels, ...port }))
    })
  })
}

/** One per TCP port; where there is none, one on the port of the configuration. */
function portsOf(container: ContainerWire, { IPAddress: ip = '' }: EndpointWire, config: DockerConfig): Labels[] {
  const exposed = (container.Ports ?? []).filter(({ Type }) => Type === 'tcp')
  if (exposed.length === 0) {
    const isHost = container.HostConfig?.NetworkMode === 'host'
    return [{ __address__: isHost ? config.host_networking_host : joinHostPort(ip, config.port) }]
  }
  return exposed.map(({ IP = '', PrivatePort = 0, PublicPort = 0 }) => ({
    __address__: joinHostPort(ip, PrivatePort),
    __meta_docker_port_private: String(PrivatePort),
    ...(PublicPort > 0 ? { __meta_docker_port_public: String(PublicPort), __meta_docker_port_public_ip: IP } : {}),
  }))
}

/** Those of its networks, or of the container whose network it lives in. */
function endpointsOf(
  container: ContainerWire,
  byId: ReadonlyMap<string, ContainerWire>,
  onlyFirst: boolean,
): EndpointWire[] {
  let at: ContainerWire | undefined = container
  const passed = new Set<ContainerWire>()
  for (;;) {
    const networks = Object.entries(at?.NetworkSettings?.Networks ?? {})
    const found = networks.filter((entry): entry is [string, EndpointWire] => entry[1] !== null)
    if (found.length > 0) {
      found.sort(([a], [b]) => (a < b ? -1 : 1))
      return (onlyFirst ? found.slice(0, 1) : found).map(([, endpoint]) => endpoint)
    }
    const other: string | undefined = /^container:(.+)$/.exec(at?.HostConfig?.NetworkMode ?? '')?.[1]
    if (at === undefined || other === undefined || passed.has(at)) return []
    passed.add(at)
    at = byId.get(other)
  }
}

function labelsOfContainer({ Id, Names, Labels: given, HostConfig }: ContainerWire): Labels {
  const labels: Labels = {
    __meta_docker_container_id: Id,
    __meta_docker_container_name: Names?.[0] ?? '',
    __meta_docker_container_network_mode: HostConfig?.NetworkMode ?? '',
  }
  for (const [name, value] of Object.entries(given ?? {}))
    labels[`__meta_docker_container_label_${labelNameOf(name)}`] = value
  return labels
}

function labelsOfNetwork({ Id, Name = '', Scope = '', Internal, Ingress, Labels: given }: NetworkWire): Labels {
  const labels: Labels = {
    __meta_docker_network_id: Id,
    __meta_docker_network_name: Name,
    __meta_docker_network_scope: Scope,
    __meta_docker_network_internal: String(Internal === true),
    __meta_docker_network_ingress: String(Ingress === true),
  }
  for (const [name, value] of Object.entries(given ?? {}))
    labels[`__meta_docker_network_label_${labelNameOf(name)}`] = value
  return labels
}
