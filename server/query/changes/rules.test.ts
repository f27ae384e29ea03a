import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { VersionSighting } from '../../store/read/services/service-steps.ts'
import type { Change, UsualOfService } from './change.ts'
import { comingsAndGoings, deploysOf, versionsSeen } from './comings.ts'
import { foldStories } from './stories.ts'
import { type Step, stretchesOf, usualFromBeginning } from './stretches.ts'

const usual: UsualOfService = { p95Us: 100_000, errorRate: 0.01, rate: 1, window: 'before' }

/** One step a minute. */
type Figures = readonly [requests: number, errors: number, p95Ms: number]

function steps(...figures: readonly Figures[]): Step[] {
  return figures.map(([requests, errors, p95Ms], minute) => ({
    ...{ startMs: minute * 60_000, seconds: 60, requests, errors, p95Us: p95Ms * 1000 },
  }))
}
const well = (count: number) => Array.from({ length: count }, () => [60, 0, 100] as const)
const told = (changes: readonly Change[]) =>
  changes.map(({ kind, judgement, atMs, untilMs }) => [
    ...[kind, judgement, atMs / 60_000, untilMs === null ? null : untilMs / 60_000],
  ])

describe('stretches in which a service left its usual', () => {
  const slow = [60, 0, 500] as const
  const cases: readonly (readonly [string, readonly Figures[], unknown])[] = [
    ['nothing while all is well', well(10), []],
    ['slow, and it goes on', [...well(5), slow, slow, slow], [['latency', 'bad', 5, null]]],
    ['slow, and over', [...well(5), slow, slow, ...well(4)], [['latency', 'mended', 5, 7]]],
    ['a little slow', [...well(5), [60, 0, 170], [60, 0, 170]], [['latency', 'watch', 5, null]]],
    ['errors', [...well(5), [60, 9, 100], [60, 9, 100], [60, 9, 100]], [['errors', 'bad', 5, null]]],
    ['a few errors more', [...well(5), [60, 2, 100], [60, 2, 100], [60, 2, 100]], [['errors', 'watch', 5, null]]],
    ['one error in few requests is chance', [...well(5), [10, 1, 100], [10, 1, 100]], []],
    [
      'few requests are added up',
      [...well(5), ...Array(10).fill([4, 0, 500])],
      [
        ['latency', 'bad', 5, null],
        ['rate', 'watch', 5, null],
      ],
    ],
    ['requests that go away', [...well(5), ...Array(6).fill([2, 0, 100])], [['rate', 'watch', 5, null]]],
    ['requests that multiply', [...well(5), ...Array(4).fill([400, 0, 100])], [['rate', 'watch', 5, null]]],
  ]
  it.each(cases)('%s', (_name, figures, expected) =>
    expect(told(stretchesOf('shop', steps(...figures), usual))).toEqual(expected),
  )

  it('hold what they are made of, whatever the steps', () => {
    const step = fc
      .tuple(fc.nat(200), fc.nat(200), fc.nat(5000))
      .map(([n, bad, p95]) => [n, Math.min(n, bad), p95] as const)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (figures) => {
        for (const { atMs, untilMs, value, judgement } of stretchesOf('shop', steps(...figures), usual)) {
          expect(atMs).toBeGreaterThanOrEqual(0)
          expect(untilMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(atMs)
          expect(Number.isFinite(value)).toBe(true)
          expect(untilMs === null ? ['bad', 'watch'] : ['mended']).toContain(judgement)
        }
      }),
      { seed: 5, numRuns: 300 },
    )
  })

  it('a usual is taken from the beginning only where it holds enough', () => {
    expect(usualFromBeginning(steps(...well(12)))).toMatchObject({ p95Us: 100_000, rate: 1, errorRate: 0 })
    expect(usualFromBeginning(steps(...well(3)))).toBe(null)
    expect(usualFromBeginning(steps([1, 0, 5], [1, 0, 5], [1, 0, 5], [1, 0, 5], [1, 0, 5], [1, 0, 5]))).toBe(null)
    expect(usualFromBeginning([])).toBe(null)
  })
})

const minute = 60_000
/** Sightings of one service, one a minute: a letter is the version that was seen, a dot is silence. */
function seen(letters: string, service = 'shop', spans = 60): VersionSighting[] {
  return [...letters].flatMap((version, at) =>
    version === '.' ? [] : [{ service, version, firstMs: at * minute, lastMs: at * minute + 50_000, spans }],
  )
}
const sights = (sightings: VersionSighting[], startMinute: number, endMinute: number) => ({
  ...{ sightings: sightings.sort((a, b) => a.firstMs - b.firstMs), stepMs: minute },
  ...{ startMs: startMinute * minute, endMs: endMinute * minute },
})

describe('versions', () => {
  const cases = [
    ['one version is no deploy', 'aaaaaaaa', []],
    ['another one is', 'aaaaabbb', [['b', 'a', 5]]],
    [
      'also back to the old one',
      'aaaabbbbaaaa',
      [
        ['b', 'a', 4],
        ['a', 'b', 8],
      ],
    ],
    ['a deploy before the range is not of the range', 'abbbbbbb', []],
    ['the first after a silence is none', 'aaa...aaa', []],
  ] as const
  it.each(cases)('%s', (_name, letters, expected) =>
    expect(
      deploysOf(sights(seen(letters), 3, letters.length)).map(({ version, previous, atMs }) => [
        ...[version, previous, atMs / minute],
      ]),
    ).toEqual(expected),
  )

  it('two that serve side by side were deployed once', () => {
    const both = [...seen('aaaaaaaaaa'), ...seen('....bb.b.b', 'shop', 3)]
    expect(deploysOf(sights(both, 2, 10))).toHaveLength(1)
  })
})

describe('the version that serves', () => {
  const versions = (letters: string) => {
    const all = sights(seen(letters), 3, letters.length)
    return versionsSeen(all, deploysOf(all))
      .get('shop')!
      .map(({ version, sinceMs }) => [version, sinceMs / minute])
  }

  it('comes first, also where it came back', () => {
    expect(versions('aaaaabbb')).toEqual([
      ['b', 5],
      ['a', 0],
    ])
    expect(versions('aaaabbbbaaaa')).toEqual([
      ['a', 8],
      ['b', 4],
    ])
  })
})

describe('services that come and go', () => {
  const moves = (...all: VersionSighting[][]) =>
    comingsAndGoings(sights(all.flat(), 10, 30)).map(({ kind, service, atMs }) => [
      kind,
      service,
      Math.floor(atMs / minute),
    ])
  const always = seen('a'.repeat(30), 'always')

  it('are told', () => {
    expect(moves(always, seen(`${'.'.repeat(15)}${'a'.repeat(15)}`, 'fresh'))).toEqual([['new', 'fresh', 15]])
    expect(moves(always, seen('a'.repeat(20), 'lost'))).toEqual([['gone', 'lost', 19]])
  })

  it('are not where all began, where a silence is short, or where they were seen at times only', () => {
    expect(
      moves(seen(`${'.'.repeat(12)}${'a'.repeat(18)}`, 'first'), seen(`${'.'.repeat(14)}${'a'.repeat(16)}`, 'second')),
    ).toEqual([])
    expect(moves(always, seen('a'.repeat(28), 'pausing'))).toEqual([])
    expect(moves(always, seen('a......a......a', 'nightly'))).toEqual([])
    expect(moves(always, seen('aaaa', 'long gone'))).toEqual([])
  })
})

describe('stories', () => {
  const change = (service: string, at: number, more: Partial<Change> = {}): Change => ({
    ...{ kind: 'latency', service, judgement: 'bad', atMs: at * minute, untilMs: null, value: 400, usual: 100 },
    ...more,
  })
  const calls = [
    { client: 'gateway', server: 'checkout' },
    { client: 'checkout', server: 'payment' },
  ]
  const deploy = (service: string, at: number) =>
    change(service, at, { kind: 'deploy', judgement: 'usual', version: '2' })
  const fold = (...changes: Change[]) =>
    foldStories(changes, calls, (service) => (service === 'gateway' ? 100 : 10)).map((story) => [
      story.head.service,
      story.changes.map(({ service, kind }) => (kind === 'deploy' ? `${service} deploy` : service)),
    ])

  it('join what calls each other and began together, most felt first', () =>
    expect(fold(change('payment', 5), change('gateway', 7), change('checkout', 6), deploy('payment', 2))).toEqual([
      ['gateway', ['payment deploy', 'payment', 'checkout', 'gateway']],
    ]))

  it('join also through one that is not judged, and keep apart what has nothing to do with it', () =>
    expect(fold(change('payment', 5), change('gateway', 6), change('cart', 5), deploy('auth', 5))).toEqual([
      ['gateway', ['payment', 'gateway']],
      ['cart', ['cart']],
      ['auth', ['auth deploy']],
    ]))

  it('keep apart what began at another time', () =>
    expect(fold(change('payment', 5), change('checkout', 25))).toEqual([
      ['payment', ['payment']],
      ['checkout', ['checkout']],
    ]))

  it('take a deploy in that came with a later sign of its own service', () =>
    expect(fold(change('payment', 5), change('checkout', 12, { kind: 'errors' }), deploy('checkout', 12))).toEqual([
      ['checkout', ['payment', 'checkout', 'checkout deploy']],
    ]))

  it('keep what is over apart from what goes on', () => {
    const over = (service: string, at: number) =>
      change(service, at, { judgement: 'mended', untilMs: (at + 2) * minute })
    expect(fold(change('payment', 5), over('payment', 1), over('checkout', 2))).toEqual([
      ['payment', ['payment']],
      ['payment', ['payment', 'checkout']],
    ])
  })

  it('leave out a deploy that came after, or long before', () =>
    expect(fold(change('payment', 50), deploy('payment', 10), deploy('payment', 55))).toEqual([
      ['payment', ['payment']],
      ['payment', ['payment deploy']],
      ['payment', ['payment deploy']],
    ]))
})
