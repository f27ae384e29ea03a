import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../runtime/logger.ts'
import { ManualClock } from '../../manual-clock-suite.ts'
import { dockerDiscovery } from './docker.ts'
import type { Discovery, TargetGroup } from './mechanism.ts'

let folder: string
let server: Server
let urls: string[]
let running: Discovery | null

const containers = [
  {
    Id: 'c1',
    Names: ['/web'],
    Labels: { 'com.docker.compose.project': 'shop' },
    HostConfig: { NetworkMode: 'shop_default' },
    NetworkSettings: {
      Networks: {
        zeta: { NetworkID: 'n2', IPAddress: '172.19.0.2' },
        alpha: { NetworkID: 'n1', IPAddress: '172.18.0.2' },
      },
    },
    Ports: [
      { IP: '0.0.0.0', PrivatePort: 8080, PublicPort: 80, Type: 'tcp' },
      { PrivatePort: 9090, Type: 'tcp' },
      { PrivatePort: 53, Type: 'udp' },
    ],
  },
  {
    Id: 'c2',
    Names: ['/side'],
    HostConfig: { NetworkMode: 'container:c1' },
    NetworkSettings: { Networks: {} },
    Ports: [],
  },
  {
    Id: 'c3',
    Names: ['/host'],
    HostConfig: { NetworkMode: 'host' },
    NetworkSettings: { Networks: { host: { NetworkID: 'n3', IPAddress: '' } } },
  },
]

const networks = [
  { Id: 'n1', Name: 'alpha', Scope: 'local', Internal: true, Ingress: false, Labels: { 'a.b': 'c' } },
  { Id: 'n2', Name: 'zeta', Scope: 'local', Internal: false, Ingress: false, Labels: {} },
]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docker-'))
  urls = []
  running = null
  server = createServer((request, response) => {
    urls.push(request.url!)
    const answer = request.url!.startsWith('/containers/json') ? containers : networks
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
})
afterEach(async () => {
  await running?.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
})

async function discover(config: Record<string, unknown>): Promise<TargetGroup['targets']> {
  const context = { clock: new ManualClock(0), logger: silentLogger(), baseFolder: folder }
  running = dockerDiscovery.create(dockerDiscovery.schema.parse(config), context)
  const groups = await new Promise<readonly TargetGroup[]>((resolve) => running!.start(resolve))
  return groups[0].targets
}

const web = {
  __meta_docker_container_id: 'c1',
  __meta_docker_container_name: '/web',
  __meta_docker_container_network_mode: 'shop_default',
  __meta_docker_container_label_com_docker_compose_project: 'shop',
}
const alpha = {
  __meta_docker_network_id: 'n1',
  __meta_docker_network_name: 'alpha',
  __meta_docker_network_scope: 'local',
  __meta_docker_network_internal: 'true',
  __meta_docker_network_ingress: 'false',
  __meta_docker_network_label_a_b: 'c',
  __meta_docker_network_ip: '172.18.0.2',
}

describe('containers', () => {
  it('become targets over the Unix socket', async () => {
    const socket = join(folder, 'docker.sock')
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    const filters = [{ name: 'label', values: ['scrape=yes'] }]
    expect(await discover({ host: `unix://${socket}`, filters, port: 8000 })).toEqual([
      {
        __address__: '172.18.0.2:8080',
        ...web,
        ...alpha,
        __meta_docker_port_private: '8080',
        __meta_docker_port_public: '80',
        __meta_docker_port_public_ip: '0.0.0.0',
      },
      { __address__: '172.18.0.2:9090', ...web, ...alpha, __meta_docker_port_private: '9090' },
      {
        __address__: '172.18.0.2:8000',
        __meta_docker_container_id: 'c2',
        __meta_docker_container_name: '/side',
        __meta_docker_container_network_mode: 'container:c1',
        ...alpha,
      },
      {
        __address__: 'localhost',
        __meta_docker_container_id: 'c3',
        __meta_docker_container_name: '/host',
        __meta_docker_container_network_mode: 'host',
        __meta_docker_network_ip: '',
      },
    ])
    expect(urls.map(decodeURIComponent)).toContain('/containers/json?filters={"label":["scrape=yes"]}')
  })

  it('become targets over TCP, in all their networks where told so', async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
    const targets = await discover({ host, match_first_network: 'false' })
    expect(targets.map((target) => target.__address__)).toEqual([
      '172.18.0.2:8080',
      '172.18.0.2:9090',
      '172.19.0.2:8080',
      '172.19.0.2:9090',
      '172.18.0.2:80',
      '172.19.0.2:80',
      'localhost',
    ])
  })
})
