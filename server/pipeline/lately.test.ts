import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Lately, latelyMs } from './lately.ts'

it('sums what was added in the last five minutes, and no more than ten seconds beyond', () => {
  const additions = fc.array(fc.record({ value: fc.integer({ min: 0, max: 9 }), afterMs: fc.nat(400_000) }))
  fc.assert(
    fc.property(additions, fc.nat(400_000), (list, laterMs) => {
      const lately = new Lately()
      let nowMs = 1_700_000_000_000
      const added: { value: number; ms: number }[] = []
      for (const { value, afterMs } of list) {
        nowMs += afterMs
        lately.add(value, nowMs)
        added.push({ value, ms: nowMs })
      }
      nowMs += laterMs
      const within = (ms: number) => added.reduce((sum, one) => sum + (nowMs - one.ms <= ms ? one.value : 0), 0)
      const sum = lately.sum(nowMs)
      expect(sum).toBeGreaterThanOrEqual(within(latelyMs))
      expect(sum).toBeLessThanOrEqual(within(latelyMs + 10_000))
      const step = Math.floor(nowMs / 10_000)
      const ofStep = (number: number) =>
        added.reduce((all, { value, ms }) => all + (Math.floor(ms / 10_000) === number ? value : 0), 0)
      expect(lately.course(nowMs)).toEqual(Array.from({ length: 30 }, (_, at) => ofStep(step - 30 + at)))
    }),
    { seed: 11 },
  )
})
