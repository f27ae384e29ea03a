import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { until } from '../end-to-end/platform.ts'
import { askPost } from './ask.ts'
import { inBrowser } from './in-browser.ts'
import { sendIncident } from './incident.ts'
import { axeFindings } from './open-page.ts'
import type { Stand } from './stand.ts'

/** From sent to readable on a machine that is busy with other tests, ms. */
const visibleMs = 60_000

/** The incident, and two services that say where they belong. */
async function prepare({ url }: Stand): Promise<void> {
  await sendIncident(url)
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } })
  const endMs = Date.now()
  const spansOf = (at: number, name: string, environment: string) => ({
    resource: {
      attributes: [
        ...[text('service.name', name), text('service.namespace', 'stock')],
        text('deployment.environment.name', environment),
      ],
    },
    scopeSpans: [
      {
        spans: [
          {
            ...{ traceId: `7${at}`.repeat(16), spanId: `7${at}`.repeat(8), name: 'GET /', kind: 2 },
            ...{ startTimeUnixNano: `${endMs - 2000}000000`, endTimeUnixNano: `${endMs - 1990}000000` },
          },
        ],
      },
    ],
  })
  const answer = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [
        spansOf(1, 'shelf', 'production'),
        spansOf(2, 'shelf', 'staging'),
        spansOf(3, 'crane', 'production'),
      ],
    }),
  })
  expect(answer.status).toBe(200)
  await until('the further services can be read', visibleMs, async () => {
    const answer = await askPost<{ matched: number }>({ url } as Stand, '/api/query', {
      ...{
        signal: 'traces',
        time_range: { relative: '1h' },
        aggregations: [{ function: 'count' }],
        group_by: ['service'],
      },
      filters: [{ field: 'service.namespace', operator: 'eq', value: 'stock' }],
    })
    return answer.matched === 3 ? true : null
  })
}

const services = '/default/services?from=now-1h&to=now'

inBrowser('stars and groups of services', { prepare }, (has) => {
  const grid = (page: Page) => page.getByRole('grid', { name: 'Services' })
  const names = async (page: Page) => {
    const cells = await grid(page).locator('.vt-row:not(.head, .group) > :first-child').allTextContents()
    return cells.map((name) => name.trim())
  }
  /** What only its callers tell of comes with an answer of its own. */
  const all = (page: Page) => grid(page).getByText('bank.example').waitFor()
  const star = (page: Page, name: string) => grid(page).getByRole('button', { name: `Star ${name}`, exact: true })

  describe('in the list of services', () => {
    it('stand first whatever it is sorted by, and stay so after a reload', async () => {
      const page = await has.opener.open(`${services}&sort=name`)
      await star(page, 'shop').waitFor()
      await all(page)
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
      await all(page)
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

  describe('the list in groups', () => {
    const heads = (page: Page) => grid(page).getByRole('rowheader').allTextContents()

    it('is grouped by an attribute, what lacks it last, and the address says so', async () => {
      const page = await has.opener.open(`${services}&sort=name`)
      await star(page, 'shelf').waitFor()
      expect(await heads(page)).toEqual([])
      await page.getByRole('combobox', { name: 'Group by' }).selectOption('deployment.environment.name')
      await page.waitForURL(/group=deployment.environment.name/)
      await grid(page).getByRole('rowheader').first().waitFor()
      expect((await heads(page)).map((words) => words.replace(/\d.*/, ''))).toEqual([
        'production',
        'production, staging',
        'without deployment.environment.name',
      ])
      await all(page)
      const inOrder = await names(page)
      expect(inOrder.slice(0, 2)).toEqual(['crane', 'shelf'])
      await page.reload()
      await grid(page).getByRole('rowheader').first().waitFor()
      await expect.poll(() => names(page)).toEqual(inOrder)
      await page.goBack()
      await grid(page).getByRole('rowheader').first().waitFor({ state: 'detached' })
      await page.context().close()
    })

    it('is moved through by keys past the heads, by verdict too', async () => {
      const page = await has.opener.open(`${services}&group=verdict`)
      await grid(page)
        .getByRole('rowheader', { name: /^bad\s*2$/ })
        .waitFor()
      await all(page)
      const rows = await names(page)
      for (const name of rows) {
        await page.keyboard.press('j')
        await page.waitForURL((url) => url.searchParams.get('panel') === `service:${name}`)
      }
      expect(rows.length).toBe(8)
      await page.context().close()
    })

    it.each([
      ['light', 1440],
      ['dark', 375],
    ] as const)('has no findings of axe: %s, %i px', async (theme, width) => {
      const page = await has.opener.open(`${services}&group=service.namespace`, { theme, width })
      await grid(page).getByRole('rowheader').first().waitFor()
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
