import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRelative, moveSpan, nameRange, rangeOf, resolveRange, stepSeconds, widenSpan } from './range.ts'
import { readTypedRange } from './typed-range.ts'
import { formatClock, formatOffset, instantOf, wallTimeAt } from './zone.ts'

const nowMs = Date.parse('2026-11-23T13:20:00Z')
const berlin = { nowMs, zone: 'Europe/Berlin' } // 14:20 there

describe('typed ranges', () => {
  const cases = [
    ['last 2h', 'now-2h', 'now'],
    ['2h', 'now-2h', 'now'],
    ['past 15 minutes', 'now-15m', 'now'],
    ['last hour', 'now-1h', 'now'],
    ['last day', 'now-1d', 'now'],
    ['2h ago', 'now-2h', 'now'],
    ['2h ago to 1h ago', 'now-2h', 'now-1h'],
    ['now-90m', 'now-90m', 'now'],
    ['', 'now-1h', 'now'],
    ['14:00-14:15', '2026-11-23T13:00:00.000Z', '2026-11-23T13:15:00.000Z'],
    ['13:20 to 14:20', '2026-11-23T12:20:00.000Z', '2026-11-23T13:20:00.000Z'],
    ['13:20 – 14:20', '2026-11-23T12:20:00.000Z', '2026-11-23T13:20:00.000Z'],
    ['between 1pm and 2pm'.replace(' and ', ' to '), '2026-11-23T12:00:00.000Z', '2026-11-23T13:00:00.000Z'],
    ['23:00-23:30', '2026-11-22T22:00:00.000Z', '2026-11-22T22:30:00.000Z'],
    ['since 13:41', '2026-11-23T12:41:00.000Z', 'now'],
    ['yesterday', '2026-11-21T23:00:00.000Z', '2026-11-22T23:00:00.000Z'],
    ['yesterday 9am to 11am', '2026-11-22T08:00:00.000Z', '2026-11-22T10:00:00.000Z'],
    ['today', '2026-11-22T23:00:00.000Z', 'now'],
    ['2026-11-20 13:20 to 14:20', '2026-11-20T12:20:00.000Z', '2026-11-20T13:20:00.000Z'],
    ['1795436400', '2026-11-23T12:20:00.000Z', 'now'],
    ['1795436400000 to now', '2026-11-23T12:20:00.000Z', 'now'],
    ['2026-11-23T12:00:00Z to 2026-11-23T12:30:00Z', '2026-11-23T12:00:00.000Z', '2026-11-23T12:30:00.000Z'],
  ] as const
  it.each(cases)('%j', (text, from, to) => expect(readTypedRange(text, berlin)).toEqual({ range: { from, to } }))

  it.each(['sometime', '25:00-26:00', '14:30 to 14:00', '0m', '9999w', '2026-02-31', 'last 3 moons'])(
    'refuses %j with a reason',
    (text) => expect(readTypedRange(text, berlin)).toHaveProperty('fault'),
  )

  it('never throws, and what it reads resolves to a range in order', () => {
    const word = fc.constantFrom('last', '2h', 'to', '14:00', '-', 'yesterday', 'now', 'ago', '9am', '2026-11-23', '1')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join(' ')),
        ),
        (text) => {
          const read = readTypedRange(text, berlin)
          if ('fault' in read) return
          const { fromMs, toMs } = resolveRange(read.range, nowMs)
          expect(fromMs).toBeLessThan(toMs)
        },
      ),
      { seed: 5, numRuns: 500 },
    )
  })
})

describe('ranges', () => {
  const span = { fromMs: nowMs - 3_600_000, toMs: nowMs }

  it('are named as typed', () => {
    expect(nameRange({ from: 'now-1h', to: 'now' }, span, 'utc')).toBe('Last 1 hour')
    expect(nameRange({ from: 'now-15m', to: 'now' }, span, 'utc')).toBe('Last 15 minutes')
    expect(nameRange(rangeOf(span), span, 'Europe/Berlin')).toBe('13:20 – 14:20')
  })

  it('move by their length and become absolute', () => {
    expect(isRelative(rangeOf(moveSpan(span, -1)))).toBe(false)
    expect(moveSpan(moveSpan(span, -1), 1)).toEqual(span)
  })

  it('widen to twice the length, not into the future', () => {
    expect(widenSpan(span, nowMs)).toEqual({ fromMs: nowMs - 7_200_000, toMs: nowMs })
  })

  it('fall back to the last hour where the address is broken', () => {
    expect(resolveRange({ from: 'x', to: 'now' }, nowMs)).toEqual(span)
    expect(resolveRange({ from: 'now', to: 'now-1h' }, nowMs)).toEqual(span)
  })

  it('are cut into round steps', () => {
    expect(stepSeconds(span, 120)).toBe(30)
    expect(stepSeconds({ fromMs: 0, toMs: 7 * 86_400_000 }, 120)).toBe(7200)
  })
})

describe('zones', () => {
  it('shows the offset', () => {
    expect(formatOffset(nowMs, 'Europe/Berlin')).toBe('UTC+01:00')
    expect(formatOffset(nowMs, 'utc')).toBe('UTC')
    expect(formatOffset(nowMs, 'America/St_Johns')).toBe('UTC−03:30')
    expect(formatClock(nowMs, 'Europe/Berlin')).toBe('14:20')
  })

  it('turns wall time into the instant and back, outside the hour that is skipped', () => {
    const zones = fc.constantFrom('utc', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Chatham')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), zones, (seconds, zone) => {
        const wall = wallTimeAt(seconds * 1000, zone)
        expect(wallTimeAt(instantOf(wall, zone), zone)).toEqual(wall)
      }),
      { seed: 5 },
    )
  })
})
