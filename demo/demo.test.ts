import { afterAll, describe, expect, it } from 'vitest'
import {
  beginPlatform,
  canSeeProcesses,
  makeFolder,
  processTree,
  startPlatform,
  stillRunning,
  until,
} from '../test/end-to-end/platform.ts'
import { checkScenario } from './check-scenario.ts'

/** Start, forty healthy seconds, and the incident until it shows, on a machine that is busy with other tests. */
const limitMs = 400_000

const folder = makeFolder('demo')
afterAll(() => folder.remove())

describe('npm run demo -- --incident --exit-after-check', () => {
  it('shows the incident through the API, prints the four answers and leaves nothing behind', {
    timeout: limitMs,
  }, async () => {
    const demo = beginPlatform({
      folder: `${folder.path}/data`,
      command: 'demo',
      flags: ['--incident', '--exit-after-check'],
    })
    const platform = await demo.ready
    await until('the shop is open', limitMs, async () =>
      platform.output().includes('the shop is open at') ? true : null,
    )
    const family = canSeeProcesses ? processTree(demo.pid) : []
    const { code, output } = await demo.ended
    expect(code, output).toBe(0)
    expect(output).toMatch(
      /# 1\. Metrics of checkout[\s\S]*# 2\. The trace[\s\S]*# 3\. Its logs in payment[\s\S]*# 4\. The trace with what belongs to it/,
    )
    expect(output).toContain('The incident shows: payment waits for database connections behind a slow query.')
    expect(stillRunning(family)).toEqual([])
  })
})

describe('the check of the scenario', () => {
  it('fails where there is no incident', async () => {
    const platform = await startPlatform({ folder: `${folder.path}/empty` })
    await expect(checkScenario(platform.url, 1)).rejects.toThrow('checkout above its usual did not show within 1 s')
    await platform.stop()
  })
})
