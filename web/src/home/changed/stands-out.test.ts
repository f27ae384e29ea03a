import { describe, expect, it } from 'vitest'
import { slowBox, standOutQuestion, standOuts, steppedSpan } from './stands-out.ts'

const at = (time: string) => Date.parse(`2026-11-23T${time}Z`)
const span = { fromMs: at('12:20:00'), toMs: at('13:20:07') }
const slow = {
  ...{ kind: 'latency' as const, at: '2026-11-23T13:00:00Z', until: null, value: 2_500_000, usual: 100_000 },
}

describe('the slow requests of a change', () => {
  it('are those since it began that took more than the middle between its usual and its value', () => {
    expect(slowBox(slow, span)).toEqual({ fromMs: at('13:00:00'), toMs: at('13:20:07'), least: 500_000, most: null })
    expect(slowBox({ ...slow, value: 2_520_000, usual: 99_000 }, span)?.least).toBe(500_000)
    const over = { ...slow, at: '2026-11-23T12:00:00Z', until: '2026-11-23T12:30:00Z' }
    expect(slowBox(over, span)).toMatchObject({ fromMs: at('12:20:00'), toMs: at('12:30:00') })
  })

  it('are not known of other changes, nor without a usual', () => {
    expect(slowBox({ ...slow, kind: 'errors' }, span)).toBeNull()
    expect(slowBox({ ...slow, usual: null }, span)).toBeNull()
    expect(slowBox({ ...slow, value: 50_000 }, span)).toBeNull()
    expect(slowBox({ ...slow, until: '2026-11-23T12:10:00Z' }, span)).toBeNull()
  })

  it('are asked for in steps, so that a moving range asks seldom', () => {
    const since = at('13:00:00')
    expect(steppedSpan(span, since)).toEqual({ fromMs: at('12:19:53'), toMs: at('13:20:00') })
    expect(steppedSpan(span, at('13:15:30')).toMs).toBe(at('13:20:00'))
    expect(steppedSpan({ fromMs: at('12:21:00'), toMs: at('13:04:59') }, since).toMs).toBe(at('13:04:00'))
    // In its first minute it is asked for as it is.
    expect(steppedSpan({ fromMs: at('12:00:30'), toMs: at('13:00:30') }, since).toMs).toBe(at('13:00:30'))
    const question = standOutQuestion(slowBox(slow, span)!, { span, filters: [] })
    expect(question.box).toEqual({
      ...{ start: '2026-11-23T13:00:00.000Z', end: '2026-11-23T13:20:07.000Z', min_duration: 500_000 },
    })
  })
})

describe('what stands out', () => {
  const share = (service: string, name: string, box: number, more: object = {}) => ({
    ...{ conditions: [{ service, name, value: 'card' }], box, rest: 0.1, chance: 0 },
    ...more,
  })

  it('is named once, whichever service has it, and is two attributes at most', () => {
    const found = standOuts([
      share('payment', 'payment.method', 0.96),
      share('shop', 'payment.method', 0.95),
      share('payment', 'service.version', 0.9),
      share('payment', 'region', 0.8),
    ])
    expect(found).toEqual([
      { name: 'payment.method', value: 'card', box: 0.96, rest: 0.1 },
      { name: 'service.version', value: 'card', box: 0.9, rest: 0.1 },
    ])
  })

  it('is no pair, nothing that may be chance, and nothing that the rest has as often', () => {
    const pair = share('payment', 'a', 0.9)
    const shares = [
      { ...pair, conditions: [...pair.conditions, ...pair.conditions] },
      share('payment', 'b', 0.9, { chance: 0.2 }),
      share('payment', 'c', 0.11),
    ]
    expect(standOuts(shares)).toEqual([])
  })
})
