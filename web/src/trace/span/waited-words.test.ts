import { describe, expect, it } from 'vitest'
import { type Resource, selectorOf, toldResource, waitedWords } from './waited-words.ts'

const resource = (change: Partial<Resource>): Resource => ({
  ...{ metric: 'db_connections_active', value: 10, max_value: 10, timestamp: '2026-11-24T10:00:00Z' },
  ...{ service: 'payment', labels: { instance: 'a"b' }, reason: '', warning: true },
  ...change,
})
const span = {
  ...{ service: 'payment', duration: 2_000_000, critical_time: 1_000_000, usual_duration: 20_000 },
  start_time: '2026-11-24T10:00:00.000Z',
}
const startMs = Date.parse(span.start_time)
const deploys = [
  { ms: startMs - 60_000, words: 'payment 2.14.0' },
  { ms: startMs + 60_000, words: 'payment 2.15.0' },
]

describe('why a trace waited', () => {
  it('is told from resources of the service at their limit, the last deploy before it, and its usual', () => {
    const resources = [
      resource({}),
      resource({ metric: 'db_connections_waiting', value: 12, max_value: null }),
      resource({ metric: 'db_client_connection_count' }),
      resource({ service: 'checkout' }),
      resource({ warning: false, value: 1 }),
    ]
    expect(waitedWords({ span, traceDuration: 4_000_000, resources, deploys })).toEqual([
      'db_connections_active of payment was at its limit, 10 of 10.',
      'db_connections_waiting of payment stood at 12.',
      'payment 2.14.0 came 1 min before it.',
      'It took 2 s; usual is up to 20 ms (× 100).',
    ])
  })

  it('is not asked where the trace hardly waited, and not made up where nothing stands out', () => {
    expect(waitedWords({ span, traceDuration: 40_000_000, resources: [resource({})], deploys })).toEqual([])
    const quiet = { ...span, usual_duration: null }
    expect(waitedWords({ span: quiet, traceDuration: 4_000_000, resources: [], deploys: [] })).toEqual([])
  })

  it('shows the course of the resource that warns, else of one with a limit', () => {
    const calm = resource({ warning: false, metric: 'calm' })
    expect(toldResource([calm, resource({})], 'payment')?.metric).toBe('db_connections_active')
    expect(toldResource([resource({ service: 'checkout' }), calm], 'payment')?.metric).toBe('calm')
    expect(toldResource([resource({ warning: false, max_value: null })], 'payment')).toBeUndefined()
    expect(selectorOf(resource({}))).toBe('db_connections_active{instance="a\\"b"}')
  })
})
