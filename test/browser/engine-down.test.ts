import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { until } from '../end-to-end/platform.ts'
import { inBrowser } from './in-browser.ts'

/** Seen on a machine that is busy with other tests, ms. */
const seenMs = 60_000

/** Ends the column store of this process; it is started again by itself. */
function killEngine(): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      if (Number(parent) === process.pid && command.includes('engine-child')) process.kill(Number(pid), 'SIGKILL')
    } catch {
      // Gone in the meantime.
    }
}

inBrowser('while the column store is down', {}, (has) => {
  it.skipIf(!existsSync('/proc/self/status'))('says so, keeps what was shown, and goes on by itself', async () => {
    const page = await has.opener.open('/default/home')
    const itself = page.getByRole('region', { name: 'Sightline itself' })
    await itself.getByText(/^All \d+ parts are ready$/).waitFor()
    await page.getByRole('region', { name: 'Services, worst first' }).getByText('payment').waitFor()
    const killing = setInterval(killEngine, 50)
    try {
      await until('Home says that a part is not ready', seenMs, async () =>
        (await itself.getByText(/of \d+ parts are not ready$/).count()) > 0 ? true : null,
      )
      await itself.getByText('Column store').first().waitFor()
      expect(await page.getByRole('region', { name: 'Services, worst first' }).getByText('payment').isVisible()).toBe(
        true,
      )
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Traces' }).click()
      await page
        .getByRole('alert')
        .getByText(/store cannot answer now/)
        .first()
        .waitFor({ timeout: seenMs })
    } finally {
      clearInterval(killing)
    }
    await page.getByRole('alert').getByRole('button', { name: 'Ask again' }).first().click()
    await until('the answer is there again', seenMs, async () => {
      const button = page.getByRole('alert').getByRole('button', { name: 'Ask again' })
      if ((await button.count()) > 0) await button.first().click()
      return (await page.getByRole('gridcell').count()) > 0 ? true : null
    })
    await page.context().close()
  })
})
