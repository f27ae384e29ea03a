import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TenantId } from '../model/tenant.ts'
import { maxKeysPerTenant, maxSourcesPerTenant, SourceNames } from './source-names.ts'

const tenant = 1 as TenantId

describe('names of sources', () => {
  it('counts so many senders by name, the rest as other with their key, and each tenant by itself', () => {
    const names = new SourceNames()
    for (let i = 0; i < maxSourcesPerTenant; i++)
      expect(names.of(tenant, { sender: `s${i}`, accessKey: 'shop' })?.sender).toBe(`s${i}`)
    expect(names.of(tenant, { sender: 'late', accessKey: 'shop' })).toEqual({ sender: 'other', accessKey: 'shop' })
    expect(names.of(tenant, { sender: 's0', accessKey: 'shop' })?.sender).toBe('s0')
    expect(names.of(tenant, { sender: '', accessKey: 'shop' })).toEqual({ sender: '', accessKey: 'shop' })
    expect(names.of(2 as TenantId, { sender: 'late', accessKey: '' })?.sender).toBe('late')
  })

  it('has no name for a source that says nothing', () => {
    expect(new SourceNames().of(tenant, { sender: '', accessKey: '' })).toBeUndefined()
    expect(new SourceNames().of(tenant, undefined)).toBeUndefined()
  })

  it('answers the same for the same name and for its own answers at all times, within the bounds', () => {
    const text = fc.integer({ min: 0, max: 400 }).map((n) => (n === 0 ? '' : `n${n}`))
    const source = fc.record({ sender: text, accessKey: text })
    fc.assert(
      fc.property(fc.array(source, { minLength: 500, maxLength: 1500 }), (sources) => {
        const names = new SourceNames()
        const answers = new Map<string, unknown>()
        const counted = new Set<string>()
        for (const one of sources) {
          const answer = names.of(tenant, one)
          const known = answers.get(JSON.stringify(one))
          if (known !== undefined) expect(answer).toEqual(known)
          if (answer !== undefined) answers.set(JSON.stringify(one), answer)
          expect(names.of(tenant, answer)).toEqual(answer)
          counted.add(JSON.stringify(answer))
        }
        expect(counted.size).toBeLessThanOrEqual(maxSourcesPerTenant + 2 * (maxKeysPerTenant + 2) + 1)
      }),
      { seed: 11, numRuns: 20 },
    )
  })
})
