import { describe, expect, it } from 'vitest'
import type { EdgeEnd, ServiceEdge } from '../../store/read/services/service-edges.ts'
import { buildServiceMap, calledBy } from './service-map.ts'

type Short = readonly [
  client: string,
  server: string,
  calls: number,
  errors: number,
  ms: number,
  types?: readonly [EdgeEnd, EdgeEnd],
]

function edges(...shorts: readonly Short[]): ServiceEdge[] {
  return shorts.map(([client, server, calls, errors, ms, types]) => {
    const [clientType, serverType]: readonly [EdgeEnd, EdgeEnd] = types ?? [
      client === '' ? 'entry' : 'service',
      'service',
    ]
    return { client, clientType, server, serverType, calls, errors, durationSumNs: calls * ms * 1e6 }
  })
}

describe('service map', () => {
  it('adds up what reaches a node, from outside too', () => {
    const map = buildServiceMap(
      edges(['', 'gateway', 100, 2, 150], ['gateway', 'auth', 50, 0, 50], ['cart', 'auth', 50, 1, 150]),
      10,
    )
    expect(map.nodes).toEqual([
      {
        name: 'auth',
        type: 'service',
        figures: { requestCount: 100, requestRate: 10, errorRate: 0.01, avgLatencyMs: 100 },
      },
      { name: 'cart', type: 'service', figures: { requestCount: 0, requestRate: 0, errorRate: 0, avgLatencyMs: 0 } },
      {
        name: 'gateway',
        type: 'service',
        figures: { requestCount: 100, requestRate: 10, errorRate: 0.02, avgLatencyMs: 150 },
      },
    ])
    expect(map.dependencies).toEqual([
      {
        source: 'cart',
        target: 'auth',
        figures: { requestCount: 50, requestRate: 5, errorRate: 0.02, avgLatencyMs: 150 },
      },
      {
        source: 'gateway',
        target: 'auth',
        figures: { requestCount: 50, requestRate: 5, errorRate: 0, avgLatencyMs: 50 },
      },
    ])
  })

  it('takes a name that is a service and a host for a service', () => {
    const map = buildServiceMap(
      edges(
        ['a', 'b', 1, 0, 1, ['service', 'external']],
        ['b', 'pg', 1, 0, 1, ['service', 'database']],
        ['', 'b', 1, 0, 1],
      ),
      1,
    )
    expect(map.nodes.map((node) => `${node.name} ${node.type}`)).toEqual(['a service', 'b service', 'pg database'])
  })

  it('follows messages through their topic', () => {
    const all = edges(
      ['checkout', 'orders', 1, 0, 1, ['service', 'topic']],
      ['orders', 'worker', 1, 0, 1, ['topic', 'service']],
      ['worker', 'checkout', 1, 0, 1],
    )
    expect(buildServiceMap(all, 1).nodes.find((node) => node.name === 'orders')?.type).toBe('messaging')
    expect(calledBy(all, 'checkout')).toEqual(['orders', 'worker'])
  })

  it('is empty without edges', () => {
    expect(buildServiceMap([], 1)).toEqual({ nodes: [], dependencies: [] })
  })
})
