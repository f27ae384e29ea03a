import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { inBrowser } from './in-browser.ts'
import { sendIncident } from './incident.ts'
import { axeFindings } from './open-page.ts'

const services = '/default/services?from=now-1h&to=now'

inBrowser('starred services', { prepare: ({ url }) => sendIncident(url) }, (has) => {
  const grid = (page: Page) => page.getByRole('grid', { name: 'Services' })
  const names = async (page: Page) => {
    const cells = await grid(page).locator('.vt-row:not(.head) > :first-child').allTextContents()
    return cells.map((name) => name.trim())
  }
  const star = (page: Page, name: string) => grid(page).getByRole('button', { name: `Star ${name}`, exact: true })

  describe('in the list of services', () => {
    it('stand first whatever it is sorted by, and stay so after a reload', async () => {
      const page = await has.opener.open(`${services}&sort=name`)
      await star(page, 'shop').waitFor()
      const before = await names(page)
      expect(before.indexOf('shop')).toBeGreaterThan(before.indexOf('cart'))
      await star(page, 'shop').click()
      expect(await star(page, 'shop').getAttribute('aria-pressed')).toBe('true')
      // A click on the star does not choose the row.
      expect(page.url()).not.toContain('panel=')
      const others = before.filter((name) => name !== 'shop')
      expect(await names(page)).toEqual(['shop', ...others])
      await page.reload()
      await star(page, 'shop').waitFor()
      expect(await names(page)).toEqual(['shop', ...others])
      await star(page, 'shop').click()
      expect(await names(page)).toEqual(before)
      await page.context().close()
    })

    it('are all that is listed, if asked for; the address says so and not which', async () => {
      const page = await has.opener.open(`${services}&type=starred`)
      await page.getByText(/^You have starred no service yet/).waitFor()
      await page.getByRole('button', { name: 'Show all services' }).click()
      await page.waitForURL((url) => !url.search.includes('type='))
      await star(page, 'cart').click()
      await page.getByRole('button', { name: 'Starred 1' }).click()
      await page.waitForURL(/type=starred/)
      expect(await names(page)).toEqual(['cart'])
      expect(page.url()).not.toContain('cart')
      await page.reload()
      await star(page, 'cart').waitFor()
      expect(await names(page)).toEqual(['cart'])
      await page.getByRole('searchbox', { name: 'Find by name' }).fill('shop')
      await page.getByText(/^None of the services that you starred/).waitFor()
      await page.context().close()
    })

    it('are starred by keys, in the list and in the panel beside it', async () => {
      const page = await has.opener.open(`${services}&sort=name`)
      await star(page, 'cart').waitFor()
      await page.keyboard.press('j')
      const chosen = new URL(await urlWith(page, /panel=service:/)).searchParams.get('panel')!.replace('service:', '')
      await page.keyboard.press('s')
      expect(await star(page, chosen).getAttribute('aria-pressed')).toBe('true')
      const panel = page.getByRole('complementary')
      await panel.getByRole('button', { name: `Star ${chosen}`, exact: true }).focus()
      await page.keyboard.press('Enter')
      expect(await star(page, chosen).getAttribute('aria-pressed')).toBe('false')
      await page.context().close()
    })

    it('are the same in another tab, which does not undo them', async () => {
      const page = await has.opener.open(services)
      await star(page, 'cart').waitFor()
      const other = await page.context().newPage()
      await other.goto(page.url())
      await star(other, 'shop').click()
      await page.locator('.star[aria-pressed="true"]').waitFor()
      await star(page, 'cart').click()
      await other.getByRole('button', { name: 'Starred 2' }).waitFor()
      await page.context().close()
    })

    it.each([
      ['light', 1440],
      ['dark', 1440],
      ['light', 375],
      ['dark', 375],
    ] as const)('have no findings of axe: %s, %i px', async (theme, width) => {
      const page = await has.opener.open(services, { theme, width })
      await star(page, 'cart').click()
      await page.getByRole('button', { name: 'Starred 1' }).click()
      await page.waitForURL(/type=starred/)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      expect(await axeFindings(page)).toEqual([])
      await page.context().close()
    })
  })
})

async function urlWith(page: Page, part: RegExp): Promise<string> {
  await page.waitForURL(part)
  return page.url()
}
