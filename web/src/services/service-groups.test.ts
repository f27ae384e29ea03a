import { describe, expect, it } from 'vitest'
import { fieldGrouping, verdictCounts, verdictGrouping } from './service-groups.ts'

const field = 'deployment.environment.name'
const result = (service: string, value: string) => ({ group: { service, [field]: value }, values: {}, count: 1 })

describe('groups of services', () => {
  it('are the values of an attribute; several values of one service stand together', () => {
    const { of, rank } = fieldGrouping(
      [
        result('cart', 'staging'),
        result('cart', 'production'),
        result('cart', ''),
        result('shop', 'production'),
        result('auth', ''),
      ],
      field,
    )
    expect(['cart', 'shop', 'auth', 'postgres'].map((name) => of({ name }))).toEqual([
      'production, staging',
      'production',
      'without deployment.environment.name',
      'without deployment.environment.name',
    ])
    expect(rank(of({ name: 'auth' }))).toBeGreaterThan(rank(of({ name: 'cart' })))
  })

  it('are the verdicts, worst first', () => {
    const { of, rank } = verdictGrouping
    expect(of({ judgement: 'watch' })).toBe('to watch')
    expect(rank('bad')).toBeLessThan(rank('to watch'))
    expect(rank('to watch')).toBeLessThan(rank('usual'))
  })

  it('are counted by verdict, worst first', () => {
    expect(verdictCounts([{ judgement: 'usual' }, { judgement: 'bad' }, { judgement: 'usual' }])).toBe('1 bad, 2 usual')
    expect(verdictCounts([])).toBe('')
  })
})
