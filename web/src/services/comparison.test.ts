import { describe, expect, it } from 'vitest'
import { comparedSpan, comparisonOf, deployKey } from './comparison.ts'

const hour = 3_600_000
const span = { fromMs: 100 * hour, toMs: 102 * hour }
const deploys = [{ key: deployKey('payment', '2.14.0'), words: 'before payment 2.14.0', atMs: 101 * hour }]

describe('what a range is compared with', () => {
  it('is its usual unless the address says otherwise', () => {
    expect(comparisonOf(undefined)).toMatchObject({ kind: 'usual', words: 'usual' })
    expect(comparisonOf('-3y')).toMatchObject({ kind: 'usual' })
    expect(comparisonOf('deploy:payment@2.14.0', [])).toMatchObject({ kind: 'usual' })
  })

  it('is as long as the range', () => {
    const of = (cmp: string) => comparedSpan(span, comparisonOf(cmp, deploys))
    expect(of('-range')).toEqual({ fromMs: 98 * hour, toMs: 100 * hour })
    expect(of('-1d')).toEqual({ fromMs: 76 * hour, toMs: 78 * hour })
    expect(of('deploy:payment@2.14.0')).toEqual({ fromMs: 99 * hour, toMs: 101 * hour })
  })
})
