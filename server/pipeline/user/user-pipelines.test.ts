import { describe, expect, it } from 'vitest'
import { defaultTenant, systemTenant, type TenantId } from '../../model/tenant.ts'
import { ManualClock } from '../../receive/manual-clock-suite.ts'
import { silentLogger } from '../../runtime/logger.ts'
import type { PipelineDefinition } from './definition.ts'
import { outcomeOf, testNowMs } from './pipelines-suite.ts'
import { readDefinition } from './read-definition.ts'
import { type StoredPipeline, UserPipelines } from './user-pipelines.ts'

const north = 2 as TenantId
const tenants: Readonly<Record<string, number>> = { _system: systemTenant, default: defaultTenant, north }

function definition(name: string, value: string, more: object = {}): PipelineDefinition {
  const read = readDefinition({ name, stages: [{ type: 'set', fields: { by: `{{by}}${value}` } }], ...more })
  if ('faults' in read) throw new Error(JSON.stringify(read.faults))
  return read.definition
}

async function build(configured: { tenant: string | null; definition: PipelineDefinition }[] = []) {
  const state = { stored: [] as StoredPipeline[], failure: null as Error | null }
  const clock = new ManualClock(testNowMs)
  const pipelines = new UserPipelines({
    configured,
    stored: () => (state.failure === null ? Promise.resolve([...state.stored]) : Promise.reject(state.failure)),
    tenantByName: (name) => (Object.hasOwn(tenants, name) ? (tenants[name] as TenantId) : null),
    retentionClasses: new Map([['short', 3]]),
    clock,
    logger: silentLogger(),
  })
  await pipelines.start()
  const keep = (tenant: TenantId, one: { name: string }) =>
    state.stored.push({ tenant, name: one.name, definition: one })
  /** The order in which a tenant's pipelines run. */
  const order = (tenant: TenantId) => pipelines.of(tenant).map(({ definition: { name } }) => name)
  return { pipelines, state, clock, keep, order }
}

describe('the pipelines of tenants', () => {
  it('are none where nothing is set up, and never any for the tenant of the platform', async () => {
    const { pipelines, order } = await build()
    expect(pipelines.of(defaultTenant)).toHaveLength(0)
    const all = await build([{ tenant: null, definition: definition('a', 'a') }])
    expect(all.order(systemTenant)).toEqual([])
    expect(all.order(north)).toEqual(['a'])
    expect(order(north)).toEqual([])
  })

  it('run by position and name, those of the configuration first and in place of others of their name', async () => {
    const { order, keep, pipelines } = await build([
      { tenant: 'default', definition: definition('z', 'z') },
      { tenant: 'north', definition: definition('n', 'n') },
    ])
    keep(defaultTenant, definition('b', 'b'))
    keep(defaultTenant, definition('a', 'a'))
    keep(defaultTenant, definition('first', 'f', { position: 1 }))
    keep(defaultTenant, definition('off', 'o', { enabled: false }))
    keep(defaultTenant, definition('z', 'other'))
    await pipelines.refresh()
    expect(order(defaultTenant)).toEqual(['z', 'first', 'a', 'b'])
    expect(order(north)).toEqual(['n'])
    expect(pipelines.isConfigured(defaultTenant, 'z')).toBe(true)
    expect(pipelines.isConfigured(defaultTenant, 'n')).toBe(false)
    const off = pipelines.list(defaultTenant).find(({ name }) => name === 'off')
    expect(off).toMatchObject({ isRunning: false, faults: [], counts: [] })
  })

  it('follow changes within ten seconds, and go on while the catalog is away', async () => {
    const { order, keep, clock, state, pipelines } = await build()
    keep(north, definition('a', 'a'))
    expect(order(north)).toEqual([])
    clock.advance(10_000)
    await new Promise(setImmediate)
    expect(order(north)).toEqual(['a'])
    state.failure = new Error('away')
    clock.advance(10_000)
    await new Promise(setImmediate)
    expect(order(north)).toEqual(['a'])
    expect(pipelines.health().detail).toBe('the pipelines of the catalog cannot be read: away')
    state.failure = null
    state.stored = []
    await pipelines.refresh()
    expect(order(north)).toEqual([])
  })

  it('keep their counts and totals over a change of another pipeline', async () => {
    const { pipelines, keep } = await build()
    const counting = { name: 'count', stages: [{ type: 'metric', name: 'lines', kind: 'counter' }] }
    keep(north, counting)
    await pipelines.refresh()
    outcomeOf(pipelines.of(north)[0], { body: 'x' })
    const [[, [metric]]] = [...pipelines.metrics()]
    metric.add(metric.seriesOf([]), 5, testNowMs)
    const before = pipelines.list(north)[0].counts[0].lines
    expect(before).toBeGreaterThan(0)
    keep(north, definition('b', 'b'))
    await pipelines.refresh()
    expect(pipelines.list(north).find(({ name }) => name === 'count')?.counts[0].lines).toBe(before)
    expect([...pipelines.metrics()][0][1][0]).toBe(metric)
  })

  it('that cannot be used are told of, and lines pass on without them', async () => {
    const { order, keep, pipelines } = await build()
    keep(north, { name: 'old', stages: [{ type: 'no-longer-known' }] } as { name: string })
    keep(north, { name: 'class', stages: [{ type: 'route', retention: 'gone' }] } as { name: string })
    keep(north, definition('good', 'g'))
    await pipelines.refresh()
    expect(order(north)).toEqual(['good'])
    expect(pipelines.list(north).map(({ faults }) => faults.map(({ path }) => path))).toEqual([
      ['stages[0].type'],
      ['stages[0].retention'],
      [],
    ])
  })
})
