import { describe, expect, it } from 'vitest'
import type { Red } from '../../services/questions.ts'
import type { ServiceRow } from '../../services/service-rows.ts'
import { comparedWords, splitCompared } from './compared.ts'

const red = (change: Partial<Red> = {}): Red => ({
  ...{ requests: 100, rate: 40, errors: 0, p50: 50, p95: 180, p99: 300 },
  ...change,
})
const row = (name: string, change: Partial<ServiceRow> = {}): ServiceRow => ({
  ...{ name, type: 'service', now: red(), before: red(), rates: [], errors: [], changeShare: 0 },
  ...{ judgement: 'usual', words: 'Usual', versions: [] },
  ...change,
})

describe('services beside another time', () => {
  it('have changed or not; what is gone has, what cannot be compared has not', () => {
    const { changed, same } = splitCompared([
      row('payment', { judgement: 'bad' }),
      row('cart'),
      row('gone', { judgement: 'none', now: red({ requests: 0 }) }),
      row('first', { judgement: 'none', before: null }),
      row('fresh', { judgement: 'new', before: null }),
      row('postgres', { type: 'database', judgement: 'bad' }),
    ])
    expect(changed.map(({ name }) => name)).toEqual(['payment', 'gone', 'fresh'])
    expect(same.map(({ name }) => name)).toEqual(['cart', 'first'])
  })

  it('are told with their figures of both times', () => {
    expect(comparedWords({ now: red({ p95: 2000, errors: 0.05 }), before: red() })).toBe(
      'p95 2 s, was 180 ms · errors 5 %, was 0 % · 40 /s, was 40 /s',
    )
    expect(comparedWords({ now: red(), before: null })).toBe('p95 180 ms · errors 0 % · 40 /s')
  })
})
