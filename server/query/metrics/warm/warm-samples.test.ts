import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { staleHigh, staleLow } from '../../../model/metric.ts'
import type { TenantId } from '../../../model/tenant.ts'
import type { ColumnStore } from '../../../store/engine/column-store.ts'
import { HandClock } from '../../../store/load/hand-clock-suite.ts'
import { testScope } from '../../../store/read/read-fixture-suite.ts'
import type { Matcher } from '../../promql/ast.ts'
import type { QueryAnswer } from '../../promql/query.ts'
import { vectorQueries } from '../../promql/random-queries-suite.ts'
import type { SampleSeries } from '../../promql/value.ts'
import { type MetricsFixture, openMetricsFixture } from '../metrics-fixture-suite.ts'
import { MetricsQueries } from '../metrics-queries.ts'

const stale = (BigInt(staleHigh) << 32n) | BigInt(staleLow)
/** 2026-01-02T10:00:00Z */
const t0 = 1_767_348_000_000

let fixture: MetricsFixture
let told: MetricsQueries[] = []
let tenant = 100
beforeAll(async () => {
  fixture = await openMetricsFixture(async (segment) => {
    for (const one of told) await one.stored(segment)
  })
})
afterAll(() => fixture.close())

/** Warm and cold queries over one store; `reads` counts the questions that went to the store. */
function bothWays(warmBytes = 1 << 20, nowMs = t0) {
  tenant += 1
  const clock = new HandClock(nowMs)
  const counted = { reads: 0, afterRead: async () => {} }
  const store: ColumnStore = {
    ...bound(fixture.store),
    nativeBlocks: (...args) => {
      counted.reads += 1
      return thenDo(fixture.store.nativeBlocks(...args), counted.afterRead)
    },
  }
  const warm = new MetricsQueries({ store, clock, warmBytes })
  // A clock that leaps: the list of what is stored is old whenever it is asked for.
  let leapsMs = 0
  const leaping = { nowMs: () => (leapsMs += 1000), after: () => () => {} }
  const cold = new MetricsQueries({ store: fixture.store, clock: leaping })
  told = [warm]
  return { tenant: tenant as TenantId, clock, counted, warm, cold, scope: testScope({ tenant }) }
}

/** The same blocks, after something else was done. */
async function* thenDo(blocks: AsyncIterable<Uint8Array>, task: () => Promise<void>) {
  const all: Uint8Array[] = []
  for await (const block of blocks) all.push(block)
  await task()
  yield* all
}

function bound(store: ColumnStore): ColumnStore {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store)).filter((name) => name !== 'constructor')
  const methods = names.map((name) => {
    const value = store[name as keyof ColumnStore] as unknown
    return [name, typeof value === 'function' ? value.bind(store) : value] as const
  })
  return { ...store, ...Object.fromEntries(methods) } as ColumnStore
}

const named = (name: string): Matcher[] => [{ name: '__name__', operator: '=', value: name }]

/** Series as text, in the order in which they come. */
async function samples(
  queries: MetricsQueries,
  question: {
    scope: ReturnType<typeof testScope>
    matchers: Matcher[]
    startMs: number
    endMs: number
    newest?: boolean
  },
) {
  const { scope, matchers, startMs, endMs, newest = false } = question
  const hints = { functionName: '', rangeMs: 0, stepMs: 0, newestOnly: newest }
  const found: string[] = []
  const source = queries.source(scope)
  for await (const batch of source.select({ matchers, startMs, endMs, hints }))
    for (const one of batch) found.push(textOf(one, newest))
  return found
}

/** Bits and all; of a question for the newest only that. */
function textOf({ labels, times, values, histogramTimes }: SampleSeries, newest: boolean): string {
  const bits = new BigUint64Array(values.slice().buffer)
  const from = newest ? Math.max(0, times.length - 1) : 0
  const points = Array.from(bits, (word, i) => `${times[i] - t0}:${word.toString(16)}`).slice(from)
  return `${labels.key} ${points.join(' ')} h${histogramTimes.join(',')}`
}

/** A native histogram of `m` at t0. */
const histogram = {
  labels: { __name__: 'm' },
  histogram: {
    ...{ ref: 0, timestampMs: t0, resetHint: 0, isFloat: false, schema: 0, zeroThreshold: 0, zeroCount: 0 },
    ...{ count: 3, sum: 4, positiveSpans: [{ offset: 0, length: 1 }], positiveCounts: [3], negativeSpans: [] },
    ...{ negativeCounts: [], customBounds: [] },
  },
}

const hour = { startMs: t0 - 3_600_000, endMs: t0 + 60_000 }

describe('samples that stay in memory', () => {
  it('answer the next question without the store, and what is stored meanwhile is among them', async () => {
    const { tenant: id, counted, warm, scope, clock } = bothWays()
    const write = (ms: number, value: number | bigint) =>
      fixture.write(
        id,
        ['a', 'b'].map((job) => ({ labels: { __name__: 'm', job }, ms, value })),
      )
    await write(t0 - 30_000, 1)
    const ask = () => samples(warm, { scope, matchers: named('m'), ...hour })
    await ask()
    const { reads } = counted
    await write(t0 - 15_000, 2.5)
    await write(t0, stale)
    clock.advance(15_000)
    const found = await ask()
    expect(found).toHaveLength(2)
    expect(found[0]).toMatch(/-30000:3ff0000000000000 -15000:4004000000000000 0:7ff0000000000002/)
    expect(counted.reads).toBe(reads)
    expect(warm.warmBytes).toBeGreaterThan(0)
  })

  it('are let go, and it is said, where what was stored cannot be read', async () => {
    const { tenant: id, counted, warm, scope } = bothWays()
    await fixture.write(id, [{ labels: { __name__: 'm' }, ms: t0 - 30_000, value: 1 }])
    const ask = () => samples(warm, { scope, matchers: named('m'), ...hour })
    const before = await ask()
    expect(warm.warmBytes).toBeGreaterThan(0)
    await expect(warm.stored({ table: 'samples_hot', path: '/nowhere/segment' })).rejects.toThrow(/ENOENT/)
    expect(warm.warmBytes).toBe(0)
    const { reads } = counted
    expect(await ask()).toEqual(before)
    expect(counted.reads).toBeGreaterThan(reads)
  })

  it('miss nothing that is stored while they are read', async () => {
    const { tenant: id, counted, warm, scope } = bothWays()
    const write = (ms: number) => fixture.write(id, [{ labels: { __name__: 'm' }, ms, value: 1 }])
    await write(t0 - 45_000)
    const ask = () => samples(warm, { scope, matchers: named('m'), ...hour })
    await warm.series(scope, [named('m')], { ...hour, limit: 0 })
    // The first read is done when the second sample is stored, and the third comes when all is held.
    counted.afterRead = () => write(t0 - 30_000)
    expect((await ask())[0].match(/:/g)).toHaveLength(1)
    await write(t0 - 15_000)
    const { reads } = counted
    expect((await ask())[0].match(/:/g)).toHaveLength(3)
    expect(counted.reads).toBe(reads)
  })

  it('are read anew where the range begins earlier, or a late sample came', async () => {
    const { tenant: id, counted, warm, scope } = bothWays()
    for (const ms of [t0 - 900_000, t0 - 30_000, t0])
      await fixture.write(id, [{ labels: { __name__: 'm' }, ms, value: ms - t0 }])
    const ask = (startMs: number) => samples(warm, { scope, matchers: named('m'), startMs, endMs: t0 })
    expect(await ask(t0 - 60_000)).toHaveLength(1)
    const [wide] = await ask(t0 - 3_600_000)
    expect(wide.match(/:/g)).toHaveLength(3)
    const { reads } = counted
    expect((await ask(t0 - 60_000))[0].match(/:/g)).toHaveLength(2)
    expect(counted.reads).toBe(reads)
    await fixture.write(id, [{ labels: { __name__: 'm' }, ms: t0 - 20_000, value: 7 }])
    expect((await ask(t0 - 60_000))[0].match(/:/g)).toHaveLength(3)
    expect(counted.reads).toBeGreaterThan(reads)
  })

  it('stay within their bound, the ones used longest ago make room', async () => {
    const { tenant: id, counted, warm, scope } = bothWays(40_000)
    const ticks = Array.from({ length: 200 }, (_, i) => t0 - 15_000 * i)
    for (const name of ['x', 'y', 'z'])
      await fixture.write(
        id,
        ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((job) =>
          ticks.map((ms) => ({ labels: { __name__: name, job }, ms, value: 1 })),
        ),
      )
    const ask = (name: string) => samples(warm, { scope, matchers: named(name), ...hour })
    for (const name of ['x', 'y', 'x', 'z', 'x']) {
      await ask(name)
      expect(warm.warmBytes).toBeLessThanOrEqual(40_000)
    }
    const { reads } = counted
    await ask('x')
    expect(counted.reads).toBe(reads)
    await ask('y')
    expect(counted.reads).toBeGreaterThan(reads)
  })

  it('of a question about long ago are not kept: it would be read up to now', async () => {
    const { tenant: id, warm, scope } = bothWays(1 << 20, t0 + 86_400_000)
    await fixture.write(id, [{ labels: { __name__: 'm' }, ms: t0, value: 1 }])
    expect(await samples(warm, { scope, matchers: named('m'), ...hour })).toHaveLength(1)
    expect(warm.warmBytes).toBe(0)
  })

  it('are not those of a series whose first native histogram comes while it is read', async () => {
    const { tenant: id, counted, warm, scope } = bothWays()
    await fixture.write(id, [{ labels: { __name__: 'm' }, ms: t0 - 30_000, value: 1 }])
    const ask = () => samples(warm, { scope, matchers: named('m'), ...hour })
    await warm.series(scope, [named('m')], { ...hour, limit: 0 })
    counted.afterRead = () => fixture.write(id, [], { histograms: [histogram] } as never)
    await ask()
    expect((await ask())[0]).toMatch(new RegExp(`h${t0}$`))
  })

  it('go when native histograms of a series come, and when a tenant is forgotten', async () => {
    const { tenant: id, warm, scope, cold } = bothWays()
    await fixture.write(id, [{ labels: { __name__: 'm' }, ms: t0 - 30_000, value: 1 }])
    await samples(warm, { scope, matchers: named('m'), ...hour })
    await fixture.write(id, [], { histograms: [histogram] } as never)
    const [found] = await samples(warm, { scope, matchers: named('m'), ...hour })
    expect(found).toMatch(new RegExp(`h${t0}$`))
    expect(await samples(cold, { scope, matchers: named('m'), ...hour })).toEqual([found])
    warm.forget(id)
    expect(warm.warmBytes).toBe(0)
  })

  it('are those of the one tenant', async () => {
    const one = bothWays()
    await fixture.write(one.tenant, [{ labels: { __name__: 'm' }, ms: t0, value: 1 }])
    await fixture.write(one.tenant + 5000, [{ labels: { __name__: 'm' }, ms: t0, value: 2 }])
    const ask = (id: number) => samples(one.warm, { scope: testScope({ tenant: id }), matchers: named('m'), ...hour })
    const first = [await ask(one.tenant), await ask(one.tenant + 5000)]
    await fixture.write(one.tenant, [{ labels: { __name__: 'm' }, ms: t0 + 15_000, value: 3 }])
    const second = [await ask(one.tenant), await ask(one.tenant + 5000)]
    expect(second[0][0].match(/:/g)).toHaveLength(2)
    expect(second[1]).toEqual(first[1])
  })
})

type Step =
  | { kind: 'write'; series: number[]; backMs: number; value: number | bigint }
  | { kind: 'ask'; matcher: number; reachMs: number; shiftMs: number; newest: boolean; meanwhile: boolean }
  | { kind: 'wait'; ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      series: fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 6 }),
      backMs: fc.oneof(
        { weight: 2, arbitrary: fc.constant(0) },
        fc.integer({ min: -2, max: 8 }).map((n) => n * 15_000),
      ),
      value: fc.oneof(
        fc.integer({ min: 0, max: 500 }),
        fc.double({ noNaN: true }),
        fc.constantFrom(stale, Number.NaN, Infinity),
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      matcher: fc.nat(3),
      reachMs: fc.constantFrom(60_000, 300_000, 900_000, 3_600_000),
      shiftMs: fc.constantFrom(0, 0, 30_000, 600_000, -60_000),
      newest: fc.boolean(),
      meanwhile: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(15_000, 30_000, 60_000, 400_000) }),
  },
)

const matchers: readonly Matcher[][] = [
  named('m0'),
  named('m1'),
  [{ name: '__name__', operator: '=~', value: 'm.' }],
  [...named('m0'), { name: 'job', operator: '!=', value: 'b' }],
]

const labelsOf = (series: number) => ({ __name__: `m${series % 2}`, job: 'abc'[series % 3], instance: `${series % 2}` })

describe('both ways', () => {
  it('give the same samples, whatever is written, late, twice or while a question is read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 25 }),
        fc.constantFrom(3000, 1 << 20),
        async (steps, bytes) => {
          const { tenant: id, clock, warm, cold, scope } = bothWays(bytes)
          const write = (series: number[], ms: number, value: number | bigint) =>
            fixture.write(
              id,
              series.map((one) => ({ labels: labelsOf(one), ms, value })),
            )
          for (const one of steps) {
            const nowMs = clock.nowMs()
            if (one.kind === 'wait') clock.advance(one.ms)
            else if (one.kind === 'write') await write(one.series, nowMs - one.backMs, one.value)
            else {
              const endMs = nowMs - one.shiftMs
              const question = {
                scope,
                matchers: matchers[one.matcher],
                startMs: endMs - one.reachMs,
                endMs,
                newest: one.newest,
              }
              const writing = one.meanwhile ? write([0, 1, 4], nowMs, 42) : null
              const first = samples(warm, question)
              await Promise.all([first, writing])
              expect((await samples(warm, question)).sort()).toEqual((await samples(cold, question)).sort())
            }
          }
        },
      ),
      { seed: 4, numRuns: Number(process.env.WARM_RUNS ?? 12) },
    )
  })

  it('give the same answers to random queries', async () => {
    const { tenant: id, warm, cold } = bothWays()
    const ticks = Array.from({ length: 130 }, (_, i) => i)
    await fixture.write(
      id,
      ticks.flatMap((i) =>
        ['a', 'b', 'c'].flatMap((job) =>
          ['1', '2', '33'].map((pod, p) => ({
            labels: { __name__: `m${p}`, job, pod },
            ms: t0 - 15_000 * (ticks.length - i) + p,
            value: i % 40 === 17 && job === 'b' ? stale : ((i * (p + 1)) % 97) + (job === 'c' ? 0.25 : 0),
          })),
        ),
      ),
    )
    let results = 0
    await fc.assert(
      fc.asyncProperty(vectorQueries, fc.constantFrom(0, 15_000, 60_000), async (query, stepMs) => {
        const scope = testScope({ tenant: id })
        const answers = await Promise.all(
          [warm, cold].map((queries) =>
            (stepMs === 0
              ? queries.instant(scope, query, { timeMs: t0 })
              : queries.range(scope, query, { startMs: t0 - 600_000, endMs: t0, stepMs })
            ).then(answerText, (error: Error) => `${error.name}: ${error.message}`),
          ),
        )
        if (!answers[0].includes('Error')) results += 1
        expect(answers[0]).toBe(answers[1])
      }),
      { seed: 5, numRuns: Number(process.env.QUERY_RUNS ?? 300) },
    )
    expect(results).toBeGreaterThan(Number(process.env.QUERY_RUNS ?? 300) * 0.6)
  }, 1_200_000)
})

function answerText({ value }: QueryAnswer): string {
  if (value.type !== 'vector') throw new Error(`${value.type} is no vector`)
  return value.series
    .map(
      ({ labels, state, floats }) =>
        `${labels.key} ${Array.from(state, (one, i) => (one === 0 ? '-' : floats[i])).join(' ')}`,
    )
    .join('\n')
}
