import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultTenant } from '../../model/tenant.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { metricBatch } from '../load/batches-fixture-suite.ts'
import { type DeriveBench, openDeriveBench } from './derive-fixture-suite.ts'
import { Deriver } from './deriver.ts'

/** 2026-11-20T00:00:00Z */
const start = 1_795_132_800_000

let bench: DeriveBench
beforeAll(async () => {
  bench = await openDeriveBench(start)
})
afterAll(() => bench.close())

function deriver(settledThroughMs: () => number): Deriver {
  return new Deriver({ store: bench.store, clock: bench.clock, logger: silentLogger(), settledThroughMs })
}

describe('Deriver', () => {
  it('runs its jobs a while after start, one round after the other, until it is stopped', async () => {
    const sample = { labels: { __name__: 'm' }, ms: start, value: 1 }
    await bench.write(metricBatch(bench.series.of(defaultTenant), [sample]))
    bench.clock.advance(2 * 3_600_000)
    const part = deriver(() => bench.clock.nowMs())
    await part.start()
    expect(bench.clock.nextMs - bench.clock.nowMs()).toBe(10_000)
    bench.clock.advance(10_000)
    await part.runOnce()
    expect(part.stats().map(({ job, runs, periods, fault }) => [job, runs, periods, fault])).toEqual([
      ['compact_samples', 1, 1, ''],
      ['count_spans', 1, 0, ''],
      ['rollup_samples', 1, 1, ''],
    ])
    expect(bench.clock.nextMs - bench.clock.nowMs()).toBe(10_000)
    await part.stop()
    expect(bench.clock.nextMs).toBe(Number.POSITIVE_INFINITY)
    expect(part.health()).toEqual({ ready: true })
  })

  it('says which job fails, and goes on with the others', async () => {
    await bench.store.command({ sql: 'RENAME TABLE late_marks TO late_marks_gone' })
    const part = deriver(() => bench.clock.nowMs())
    await part.runOnce()
    expect(part.stats().map(({ job, failures }) => [job, failures])).toEqual([
      ['compact_samples', 0],
      ['count_spans', 1],
      ['rollup_samples', 1],
    ])
    expect(part.health().detail).toMatch(/count_spans failed and is tried again: .*late_marks/)
    await bench.store.command({ sql: 'RENAME TABLE late_marks_gone TO late_marks' })
    await part.runOnce()
    expect(part.health()).toEqual({ ready: true })
  })
})
