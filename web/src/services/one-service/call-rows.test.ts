import { expect, it } from 'vitest'
import type { QueryAnswer } from '../../../../contract/index.ts'
import { callQuestion, callRows, callsOut, queries } from './call-rows.ts'

const answer = (...rows: readonly (readonly [group: Record<string, string>, calls: number, p95Ms: number])[]) =>
  ({
    results: rows.map(([group, count, p95]) => ({
      group,
      values: { duration_count: count, error_avg: 0, duration_percentile_50: null, duration_percentile_95: p95 * 1000 },
      count,
    })),
  }) as unknown as QueryAnswer

const select = { name: 'SELECT orders', 'db.system.name': 'postgresql', 'db.namespace': 'shop' }
const get = { name: 'GET', 'db.system.name': 'redis', 'db.namespace': '' }

it('asks for spans of the kind and of the service', () => {
  const span = { fromMs: 0, toMs: 60_000 }
  const own = { field: 'service', operator: 'eq' as const, value: 'cart' }
  const { filters, group_by: groupBy } = callQuestion(queries, { span, filters: [own] })
  expect([filters?.[0], groupBy]).toEqual([own, ['name', 'db.system.name', 'db.namespace']])
  expect(filters).toContainEqual({ field: 'db.system.name', operator: 'exists' })
})

it('measures each line against the same in the other time, what takes longer first', () => {
  const now = answer([get, 600, 1], [select, 60, 800], [{ ...select, name: 'INSERT orders' }, 6, 5])
  const rows = callRows(queries, { now, before: answer([select, 60, 20], [get, 600, 1]), seconds: 60 })
  expect(rows.map(({ called, about, judgement, wasP95 }) => [called, about, judgement, wasP95])).toEqual([
    ['SELECT orders', 'postgresql, shop', 'bad', 20],
    ['GET', 'redis', 'usual', 1],
    ['INSERT orders', 'postgresql, shop', 'new', null],
  ])
  expect(rows[0]).toMatchObject({ share: 1, now: { rate: 1, requests: 60 } })
  expect(rows[1].group).toEqual({ name: 'GET', 'db.system.name': 'redis' })
  const [first] = callRows(queries, { now, before: undefined, seconds: 60 })
  expect([first.called, first.judgement]).toEqual(['GET', 'none'])
})

it('names what is called by the best name there is', () => {
  const peer = (group: Record<string, string>) => callsOut.wordsOf({ name: 'POST', ...group })[0]
  expect(peer({ 'service.peer.name': 'bank', 'server.address': '10.0.0.1' })).toBe('bank')
  expect(peer({ 'service.peer.name': '', 'server.address': 'api.example' })).toBe('api.example')
  expect(peer({ 'messaging.destination.name': 'orders' })).toBe('orders')
  expect(peer({})).toBe('POST')
})
