import { describe, expect, it } from 'vitest'
import type { ChangeAnswer } from '../../../contract/index.ts'
import { claimWords, entryOf, evidenceOf, headingOf } from './change-words.ts'

const change = (fields: Partial<ChangeAnswer>): ChangeAnswer => ({
  ...{ kind: 'latency', service: 'checkout', judgement: 'bad', at: '2026-11-23T14:02:00Z', until: null },
  ...{ value: 2_500_000, usual: 310_000 },
  ...fields,
})

describe('what is said about a change', () => {
  const cases: readonly (readonly [string, Partial<ChangeAnswer>, string, string, string])[] = [
    ['slow', {}, 'checkout is slow', 'p95 8.06 × usual', 'p95 2.5 s, usual 310 ms · since 14:02'],
    [
      'slow once',
      { until: '2026-11-23T14:09:00Z', judgement: 'mended' },
      'checkout was slow',
      'p95 8.06 × until 14:09',
      'p95 2.5 s, usual 310 ms · from 14:02 to 14:09, now as usual',
    ],
    [
      'failing',
      { kind: 'errors', value: 0.0194, usual: 0.001 },
      'checkout fails',
      '1.94 % errors',
      '1.94 % of requests, usual 0.1 % · since 14:02',
    ],
    [
      'left alone',
      { kind: 'rate', value: 1, usual: 5 },
      'checkout gets far fewer requests',
      'requests 0.2 × usual',
      '1 /s, usual 5 /s · since 14:02',
    ],
    [
      'gone',
      { kind: 'gone', value: 0, usual: 3.1 },
      'checkout stopped sending spans',
      'no requests since 14:02',
      'last seen 14:02',
    ],
    ['new', { kind: 'new', value: null, usual: null }, 'checkout is new', 'new since 14:02', 'first seen 14:02'],
    [
      'deployed',
      { kind: 'deploy', version: '4.2.0', previous: '4.1.0', value: null, usual: null },
      'checkout 4.2.0 deployed',
      '4.2.0 since 14:02',
      '14:02, after 4.1.0 · nothing that stands out came with it',
    ],
  ]
  it.each(cases)('%s', (_name, fields, heading, claim, evidence) => {
    const told = change(fields)
    expect([headingOf(told), claimWords(told, 'utc'), evidenceOf(told, 'utc')]).toEqual([heading, claim, evidence])
  })

  it('is short in a story', () => {
    expect(entryOf(change({}))).toEqual({ words: 'p95', figure: '2.5 s, usual 310 ms' })
    expect(entryOf(change({ kind: 'deploy', version: '2', previous: '1' }))).toEqual({
      ...{ words: '2 deployed', figure: 'after 1' },
    })
  })
})
