import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TenantId } from '../model/tenant.ts'
import { defaultIngestLimits } from './limits.ts'
import { createRateLimiter, type RateDemand } from './rate-limiter.ts'

const demand = (rows: number, bytes = 0): RateDemand => ({ tenant: 1 as TenantId, signal: 'logs', rows, bytes })
const perSecond = (rowsPerSecond: number, bytesPerSecond = 0) => ({
  ...defaultIngestLimits,
  rowsPerSecond,
  bytesPerSecond,
})

describe('rate limiter', () => {
  it('lets everything in without limits', () => {
    const limiter = createRateLimiter()
    for (let i = 0; i < 10; i++) expect(limiter.admit(demand(1e9, 1e12), defaultIngestLimits, 0)).toBe(0)
  })

  it('takes one request larger than a burst, and makes the next wait until the debt is paid', () => {
    const limiter = createRateLimiter()
    expect(limiter.admit(demand(1000), perSecond(100), 0)).toBe(0)
    expect(limiter.admit(demand(1), perSecond(100), 0)).toBe(8010)
    expect(limiter.admit(demand(1), perSecond(100), 8000)).toBe(10)
    expect(limiter.admit(demand(1), perSecond(100), 8010)).toBe(0)
  })

  it('measures bytes as well as rows, and tenants and signals apart', () => {
    const limiter = createRateLimiter()
    expect(limiter.admit(demand(1, 300), perSecond(1e6, 100), 0)).toBe(0)
    expect(limiter.admit(demand(1, 1), perSecond(1e6, 100), 0)).toBe(1010)
    expect(limiter.admit({ ...demand(1, 1), tenant: 2 as TenantId }, perSecond(1e6, 100), 0)).toBe(0)
    expect(limiter.admit({ ...demand(1, 1), signal: 'traces' }, perSecond(1e6, 100), 0)).toBe(0)
  })

  it('gives back what could not be stored', () => {
    const limiter = createRateLimiter()
    limiter.admit(demand(1000), perSecond(100), 0)
    limiter.refund(demand(1000))
    expect(limiter.admit(demand(1), perSecond(100), 0)).toBe(0)
  })

  it('follows a limit that is set, lifted and set again', () => {
    const limiter = createRateLimiter()
    limiter.admit(demand(1000), perSecond(100), 0)
    expect(limiter.admit(demand(1000), perSecond(0, 1000), 1)).toBe(0)
    expect(limiter.admit(demand(1), perSecond(100), 2)).toBe(0)
  })

  it('admits over any long run what the rate allows, plus one burst and one request', () => {
    const requests = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 300 })), {
      maxLength: 200,
    })
    fc.assert(
      fc.property(requests, (list) => {
        const limiter = createRateLimiter()
        let nowMs = 0
        let admitted = 0
        for (const [rows, pauseMs] of list) {
          nowMs += pauseMs
          if (limiter.admit(demand(rows), perSecond(100), nowMs) === 0) admitted += rows
        }
        expect(admitted).toBeLessThanOrEqual(100 * (nowMs / 1000) + 200 + 50)
      }),
      { seed: 3 },
    )
  })
})
