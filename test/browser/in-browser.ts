import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { findChromium, openBrowser } from './chromium.ts'
import { PageOpener } from './open-page.ts'
import { type Stand, startStand } from './stand.ts'

const executable = findChromium()
if (executable === null)
  console.log('Browser tests are skipped: no Chromium is here, and apt-get could not install one.')

/** What tests in a browser have: a running Sightline and pages of it. Its fields are there once the tests run. */
export interface InBrowser {
  readonly stand: Stand
  readonly browser: Browser
  readonly opener: PageOpener
}

interface Prepared {
  /** Nothing is sent, as after the very first start. */
  readonly isEmpty?: boolean
  /** Sends more than every stand has, before the first test. */
  readonly prepare?: (stand: Stand) => Promise<void>
}

/**
 * A group of tests against a Sightline and a Chromium of their own; skipped where there is no Chromium. A page that
 * throws, breaks the content policy or asks any other host fails the test that opened it.
 */
export function inBrowser(name: string, { isEmpty = false, prepare }: Prepared, tests: (has: InBrowser) => void): void {
  describe.skipIf(executable === null)(name, () => {
    const has = {} as { -readonly [K in keyof InBrowser]: InBrowser[K] }
    beforeAll(async () => {
      has.stand = await startStand({ isEmpty })
      await prepare?.(has.stand)
      has.browser = await openBrowser(executable!)
      has.opener = new PageOpener(has.browser, has.stand.url)
    })
    afterAll(async () => {
      await has.browser?.close()
      await has.stand?.stop()
    })
    afterEach(() => {
      expect(has.opener?.faults.splice(0) ?? []).toEqual([])
    })
    tests(has)
  })
}
