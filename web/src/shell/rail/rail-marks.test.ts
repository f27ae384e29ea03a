import { describe, expect, it } from 'vitest'
import type { ChangeAnswer, ChangesAnswer } from '../../../../contract/index.ts'
import { isRoomFor, railEvents } from './rail-marks.ts'

const at = (minute: number) => new Date(Date.parse('2026-11-23T14:00:00Z') + minute * 60_000).toISOString()
const change = (kind: ChangeAnswer['kind'], minute: number, fields: Partial<ChangeAnswer> = {}): ChangeAnswer => ({
  ...{ kind, service: 'checkout', judgement: 'bad', at: at(minute), until: null, value: 2_500_000, usual: 310_000 },
  ...fields,
})
const story = (head: ChangeAnswer, ...changes: ChangeAnswer[]) => ({ head, changes: [...changes, head] })
const answer = (...stories: ChangesAnswer['stories']): ChangesAnswer => ({
  ...{
    time_range: { start: at(0), end: at(60) },
    steps: { start: at(0), seconds: 60, count: 60 },
    services: [],
    duration_error: 0,
    stories,
  },
})
const view = { zone: 'utc', nowMs: Date.parse(at(60)) }

describe('events of the rail', () => {
  it('are deploys as marks and what is not as usual as bands, a story each', () => {
    const { marks, bands } = railEvents(
      answer(
        story(
          change('latency', 20),
          change('deploy', 15, { service: 'payment', version: '2.14.0', previous: '2.13.2' }),
        ),
        story(change('errors', 30, { judgement: 'mended', until: at(35), value: 0.05, usual: 0, service: 'cart' })),
        story(change('new', 10, { service: 'report' })),
      ),
      view,
    )
    expect(marks.map(({ kind, label }) => [kind, label])).toEqual([
      ['new', 'report'],
      ['deploy', 'payment 2.14.0'],
    ])
    expect(bands.map(({ service, judgement, fromMs, toMs }) => [service, judgement, (toMs - fromMs) / 60_000])).toEqual(
      [
        ['checkout', 'bad', 40],
        ['cart', 'watch', 5],
      ],
    )
    expect(bands[0].label).toBe('checkout p95 8.06 × usual')
  })

  it('are bounded', () => {
    const many = Array.from({ length: 60 }, (_, minute) => story(change('deploy', minute, { version: String(minute) })))
    const { marks } = railEvents(answer(...many), view)
    expect(marks).toHaveLength(24)
    expect(marks.at(-1)?.label).toBe('checkout 59')
  })

  it('have a label where it has room', () => {
    expect(isRoomFor('payment 2.14.0', 60)).toBe(false)
    expect(isRoomFor('cart', 60)).toBe(true)
  })
})
