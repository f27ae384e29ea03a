import { describe, expect, it } from 'vitest'
import { readStars, withStar } from './stars.ts'

describe('stars', () => {
  it('are set and taken away, each tenant for itself', () => {
    const one = withStar({}, { tenant: 'default', name: 'payment' })
    expect(one).toEqual({ default: ['payment'] })
    const two = withStar(withStar(one, { tenant: 'default', name: 'cart' }), { tenant: 'demo', name: 'payment' })
    expect(two).toEqual({ default: ['payment', 'cart'], demo: ['payment'] })
    expect(withStar(two, { tenant: 'default', name: 'payment' })).toEqual({ default: ['cart'], demo: ['payment'] })
  })

  it('may belong to a tenant of any name', () => {
    for (const tenant of ['constructor', '__proto__']) {
      const stars = withStar({}, { tenant, name: 'payment' })
      expect(Object.entries(stars)).toEqual([[tenant, ['payment']]])
    }
  })

  it('are two hundred at most, the newest', () => {
    const many = { default: Array.from({ length: 200 }, (_, at) => `service-${at}`) }
    const names = withStar(many, { tenant: 'default', name: 'payment' }).default
    expect(names.length).toBe(200)
    expect([names[0], names[199]]).toEqual(['service-1', 'payment'])
  })

  it('are read back, whatever was kept', () => {
    const stars = { default: ['payment', 'cart'] }
    expect(readStars(JSON.parse(JSON.stringify(stars)))).toEqual(stars)
    expect(readStars({ default: ['payment', 3, null], demo: 'cart' })).toEqual({ default: ['payment'], demo: [] })
    for (const kept of [undefined, null, 7, 'payment']) expect(readStars(kept)).toEqual({})
  })
})
