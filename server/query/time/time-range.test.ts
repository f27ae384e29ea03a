import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BadQuestion } from '../faults.ts'
import { formatInstant, parseInstant } from './instant.ts'
import { parseDurationMs, resolveRangeText, resolveTimeRange, type TimeRangeQuestion } from './time-range.ts'

const nowMs = Date.parse('2026-03-01T12:00:00Z')
const context = { nowMs, path: 'time_range' }
const shown = (range: { startNs: bigint; endNs: bigint }) =>
  `${formatInstant(range.startNs)} ${formatInstant(range.endNs)}`

describe('time ranges', () => {
  const good: readonly [string, TimeRangeQuestion, string][] = [
    ['relative', { relative: '1h' }, '2026-03-01T11:00:00Z 2026-03-01T12:00:00Z'],
    ['relative of several units', { relative: '1h30m' }, '2026-03-01T10:30:00Z 2026-03-01T12:00:00Z'],
    ['words', { relative: 'last_hour' }, '2026-03-01T11:00:00Z 2026-03-01T12:00:00Z'],
    ['words with a number', { relative: 'last_15_minutes' }, '2026-03-01T11:45:00Z 2026-03-01T12:00:00Z'],
    [
      'absolute',
      { start: '2026-03-01T10:00:00Z', end: '2026-03-01T11:00:00+00:30' },
      '2026-03-01T10:00:00Z 2026-03-01T10:30:00Z',
    ],
    [
      'absolute without an end',
      { start: '2026-03-01T10:00:00.123456789Z' },
      '2026-03-01T10:00:00.123456789Z 2026-03-01T12:00:00Z',
    ],
    ['a date alone', { start: '2026-02-28' }, '2026-02-28T00:00:00Z 2026-03-01T12:00:00Z'],
    ['Unix milliseconds', { start: nowMs - 1500, end: nowMs }, '2026-03-01T11:59:58.500Z 2026-03-01T12:00:00Z'],
  ]
  it.each(good)('resolves %s', (_name, question, wanted) => {
    expect(shown(resolveTimeRange(question, context))).toBe(wanted)
  })

  const bad: readonly [string, TimeRangeQuestion, string][] = [
    ['nothing', {}, 'time_range: expected `relative`'],
    ['both forms', { relative: '1h', start: 0 }, 'time_range: expected either'],
    ['no unit', { relative: '15' }, 'time_range.relative: "15" is not a length like'],
    ['zero', { relative: '0m' }, 'time_range.relative: "0m" is not'],
    ['negative', { relative: '-1h' }, 'time_range.relative: "-1h" is not'],
    ['too long', { relative: '999w' }, 'time_range.relative: expected a range of at most two years'],
    [
      'no zone',
      { start: '2026-03-01T10:00:00' },
      'time_range.start: "2026-03-01T10:00:00" is not ISO 8601 with a zone',
    ],
    ['a day that is not', { start: '2026-02-30' }, 'time_range.start: "2026-02-30" is not ISO 8601'],
    ['end before start', { start: '2026-03-01', end: '2026-02-01' }, 'time_range: expected `end` after `start`'],
    ['after the last time there is', { start: 1e16 }, 'time_range.start: 10000000000000000 is not a time'],
    ['SQL', { relative: "1h'; DROP TABLE spans" }, 'time_range.relative: '],
  ]
  it.each(bad)('refuses %s', (_name, question, words) => {
    expect(() => resolveTimeRange(question, context)).toThrow(BadQuestion)
    expect(() => resolveTimeRange(question, context)).toThrow(words)
  })

  it.each([
    ['1h', '2026-03-01T11:00:00Z 2026-03-01T12:00:00Z'],
    ['2026-03-01T10:00:00Z/2026-03-01T11:00:00Z', '2026-03-01T10:00:00Z 2026-03-01T11:00:00Z'],
  ])('resolves the parameter %s', (text, wanted) => {
    expect(shown(resolveRangeText(text, context))).toBe(wanted)
  })

  it.each(['', 'yesterday', '1h/2h', '/', '1y'])('refuses the parameter %j', (text) => {
    expect(() => resolveRangeText(text, context)).toThrow(BadQuestion)
  })

  it('never throws anything but BadQuestion', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          resolveRangeText(text, context)
        } catch (error) {
          expect(error).toBeInstanceOf(BadQuestion)
        }
      }),
      { seed: 1 },
    )
  })

  it('reads back every instant it writes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 9_223_372_036_854_775_807n }), (ns) => {
        expect(parseInstant(formatInstant(ns))).toBe(ns)
      }),
      { seed: 1 },
    )
  })

  it('reads lengths', () => {
    expect(['90s', '2w', 'last_2_days', 'x', '1.5h'].map(parseDurationMs)).toEqual([
      90_000,
      1_209_600_000,
      172_800_000,
      null,
      null,
    ])
  })
})
