import { describe, expect, it } from 'vitest'
import { levelsMeant } from './logs/find-logs.ts'
import { warningsOf } from './red/service-metrics.ts'
import { formatInstant, parseInstant } from './time/instant.ts'
import { usualWindows } from './usual.ts'

describe('usual windows', () => {
  const at = (text: string) => parseInstant(text) ?? 0n
  it.each([
    [
      '10 minutes',
      '2026-03-10T11:50:00Z',
      [
        'the hour before 2026-03-10T10:50:00Z 2026-03-10T11:50:00Z',
        'the same time a day before 2026-03-09T11:50:00Z 2026-03-09T12:50:00Z',
      ],
    ],
    [
      '6 hours',
      '2026-03-10T06:00:00Z',
      [
        'the time before 2026-03-10T00:00:00Z 2026-03-10T06:00:00Z',
        'the same time a day before 2026-03-09T06:00:00Z 2026-03-09T12:00:00Z',
      ],
    ],
    ['2 days', '2026-03-08T12:00:00Z', ['the day before 2026-03-07T12:00:00Z 2026-03-08T12:00:00Z']],
  ])('of %s', (_name, start, wanted) => {
    const windows = usualWindows({ startNs: at(start), endNs: at('2026-03-10T12:00:00Z') })
    expect(windows.map((one) => `${one.words} ${formatInstant(one.startNs)} ${formatInstant(one.endNs)}`)).toEqual(
      wanted,
    )
  })
})

describe('warnings of a service', () => {
  const requests = (p95Ms: number, errors: number) => ({
    ...{ requestCount: 1000, errorCount: errors, p50Us: 1, p95Us: p95Ms * 1000, p99Us: p95Ms * 1000 },
  })
  const usual = { p95Ns: 200e6, errorRate: 0.01 }
  it.each([
    ['as ever', requests(290, 10), usual, []],
    ['slower', requests(310, 10), usual, ['latency']],
    ['failing twice as much', requests(200, 21), usual, ['error_rate']],
    ['a little more than nothing', requests(200, 0), { ...usual, errorRate: 0 }, []],
    ['one in a thousand where none failed', requests(200, 1), { ...usual, errorRate: 0 }, ['error_rate']],
    ['nothing usual known', requests(999, 4), null, []],
    ['nothing usual known, bad', requests(2500, 5), null, ['latency', 'error_rate']],
    ['no requests', null, usual, []],
  ] as const)('%s', (_name, found, before, wanted) => {
    expect(warningsOf(found, before)).toEqual(wanted)
  })
})

describe('levels', () => {
  it.each([
    ['error', ['ERROR', 'FATAL']],
    ['WARNING', ['WARN', 'ERROR', 'FATAL']],
    ['info,warn', ['INFO', 'WARN']],
    ['unset', ['UNSET']],
  ])('%s', (text, wanted) => expect(levelsMeant(text)).toEqual(wanted))
})
