import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { staleHigh, staleLow } from '../../../model/metric.ts'
import { sampleBytes } from '../../../store/read/promql/sample-blocks.ts'
import { testScope } from '../../../store/read/read-fixture-suite.ts'
import { type MetricsFixture, openMetricsFixture } from '../metrics-fixture-suite.ts'
import { type Assembled, assembleHere } from './assemble.ts'
import { AssemblyThreads } from './assembly-threads.ts'
import { samplesOf } from './placed-samples.ts'

const stale = (BigInt(staleHigh) << 32n) | BigInt(staleLow)
/** 2026-01-02T10:00:00Z */
const t0 = 1_767_348_000_000

let fixture: MetricsFixture
let threads: AssemblyThreads
let tenant = 700
beforeAll(async () => {
  fixture = await openMetricsFixture()
  threads = new AssemblyThreads(2)
})
afterAll(async () => {
  await threads.stop()
  await fixture.close()
})

/** Everything that is stored of a tenant's metric, as bytes of their own, and the hashes of its series. */
async function stored(of: number, range: { startMs: number; endMs: number }) {
  const { rows } = await fixture.store.rows<{ metric: string; series: string }>({
    sql: `SELECT DISTINCT toString(metric) AS metric, toString(series) AS series FROM series WHERE tenant = ${of} ORDER BY series`,
  })
  const question = {
    metrics: [...new Set(rows.map(({ metric }) => BigInt(metric)))],
    targets: null,
    series: null,
    ...range,
    newestOnly: false,
    signal: AbortSignal.timeout(60_000),
    isLarge: false,
  }
  const pieces: Uint8Array[] = []
  for await (const bytes of sampleBytes(fixture.reader, testScope({ tenant: of }), question)) pieces.push(bytes.slice())
  const words = new Uint32Array(new BigUint64Array(rows.map(({ series }) => BigInt(series))).buffer)
  return { pieces, words }
}

async function* given(pieces: readonly Uint8Array[]) {
  yield* pieces
}

/** Times and bits of the values, by slot. */
function textOf({ samples }: Assembled, slots: number): string[] {
  return Array.from({ length: slots }, (_, slot) => {
    const { times, values } = samplesOf(samples, slot, Number.POSITIVE_INFINITY)
    const bits = new BigUint64Array(values.slice().buffer)
    return Array.from(bits, (word, i) => `${times[i] - t0}:${word.toString(16)}`).join(' ')
  })
}

const sample = fc.record({
  series: fc.integer({ min: 0, max: 4 }),
  second: fc.integer({ min: 0, max: 7200 }),
  value: fc.oneof(fc.integer({ min: -50, max: 50 }), fc.double(), fc.constant(stale)),
})

describe('samples put together in a thread', () => {
  it('are those of this one, whatever is stored, however many are at it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(sample, { minLength: 1, maxLength: 40 }), { maxLength: 4 }),
        async (writes) => {
          tenant += 1
          for (const write of writes)
            await fixture.write(
              tenant,
              write.map(({ series, second, value }) => ({
                labels: { __name__: 'm', series: String(series) },
                ms: t0 + second * 1000,
                value,
              })),
            )
          const range = { startMs: t0 + 600_000, endMs: t0 + 6_000_000 }
          const { pieces, words } = await stored(tenant, range)
          const here = await assembleHere({ words: words.slice(), bytes: given(pieces), range })
          const wanted = textOf(here, words.length / 2)
          const there = await Promise.all(
            Array.from({ length: 5 }, () => threads.assemble({ words: words.slice(), bytes: given(pieces), range })),
          )
          for (const one of there) {
            expect(textOf(one, words.length / 2)).toEqual(wanted)
            expect(one.samples.total).toBe(here.samples.total)
          }
          for (const one of [here, ...there]) one.release()
        },
      ),
      { numRuns: 25, seed: 11 },
    )
  })

  it('fail as their bytes fail, and the thread goes on', async () => {
    const range = { startMs: t0, endMs: t0 + 1000 }
    const broken = async function* () {
      yield new Uint8Array(0)
      throw new Error('the store went away')
    }
    await expect(threads.assemble({ words: new Uint32Array(2), bytes: broken(), range })).rejects.toThrow(
      'the store went away',
    )
    const empty = await threads.assemble({ words: new Uint32Array(2), bytes: given([]), range })
    expect(empty.samples.total).toBe(0)
  })

  it('fail when the thread ends, which is replaced', async () => {
    const own = new AssemblyThreads(1)
    const range = { startMs: t0, endMs: t0 + 1000 }
    // Bytes that are no block: the thread dies of them.
    const task = { words: new Uint32Array(2), bytes: given([new Uint8Array([3, 200, 1])]), range }
    await expect(own.assemble(task)).rejects.toThrow('The thread that puts samples together ended')
    const empty = await own.assemble({ words: new Uint32Array(2), bytes: given([]), range })
    expect(empty.samples.total).toBe(0)
    await own.stop()
  })
})
