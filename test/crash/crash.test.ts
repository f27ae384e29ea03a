import { afterAll, describe, expect, it } from 'vitest'
import { makeFolder } from '../end-to-end/platform.ts'
import { kinds } from './crash-load.ts'
import { runCrashes, victims } from './crash-run.ts'

/** Blows are struck for this time; `npm run bench -- crash` goes on to 200 of them. */
const boxMs = 30_000
/** Fewer than this within the time would prove nothing. */
const leastCrashes = 3

const folder = makeFolder('crash')
afterAll(() => folder.remove())

describe('kill -9 of the whole process, its engine, or both, under load', () => {
  it('loses nothing that was acknowledged and stores nothing twice', { timeout: 300_000 }, async () => {
    const deadline = performance.now() + boxMs
    const report = await runCrashes({
      folder: `${folder.path}/data`,
      seed: 20_261_123,
      isEnough: (crashes) => crashes >= leastCrashes && performance.now() > deadline,
    })
    for (const kind of kinds) {
      const { acked, stored, lost, doubled, counted } = report.kinds[kind]
      expect({ lost, doubled }, kind).toEqual({ lost: [], doubled: [] })
      expect(acked, `${kind} were acknowledged`).toBeGreaterThan(0)
      expect(counted, `${kind}: the API counts what the tables hold`).toBe(stored)
      // What was not acknowledged is there in whole requests or not at all.
      expect(stored % 10, kind).toBe(0)
    }
    expect(victims.reduce((sum, victim) => sum + report.crashes[victim], 0)).toBeGreaterThanOrEqual(leastCrashes)
  })
})
