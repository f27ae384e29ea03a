import { describe, expect, it } from 'vitest'
import { inBrowser } from './in-browser.ts'
import { sendIncident } from './incident.ts'
import { axeFindings } from './open-page.ts'

const range = 'from=now-1h&to=now'

inBrowser('services', { prepare: ({ url }) => sendIncident(url) }, (has) => {
  describe('the list of services', () => {
    it('judges against what is usual, and against what is chosen instead', async () => {
      const page = await has.opener.open(`/default/services?${range}`)
      const grid = page.getByRole('grid', { name: 'Services' })
      const payment = grid.getByRole('row', { name: /payment/ })
      await payment
        .getByText(/errors|× usual/)
        .first()
        .waitFor()
      await payment.getByText('2.15.0').waitFor()
      await grid.getByRole('row', { name: /cart/ }).getByText('Usual').waitFor()
      const choice = page.getByRole('combobox', { name: 'Compared with' })
      expect((await choice.locator('option').allTextContents()).slice(0, 2)).toEqual([
        'What is usual',
        'The time before',
      ])
      await choice.selectOption('deploy:payment@2.15.0')
      await page.waitForURL(/cmp=deploy:payment@2.15.0/)
      await payment.getByText(/^× /).first().waitFor()
      await page.reload()
      await payment.getByText(/^× /).first().waitFor()
      await choice.selectOption('-usual')
      await page.waitForURL((url) => !url.search.includes('cmp'))
      await page.context().close()
    })

    it('opens the page of a service by keys', async () => {
      const page = await has.opener.open(`/default/services?${range}`)
      const grid = page.getByRole('grid', { name: 'Services' })
      await grid.getByText('payment').first().waitFor()
      await page.keyboard.press('j')
      await page.getByRole('complementary').waitFor()
      await page.keyboard.press('o')
      await page.waitForURL(/\/default\/services\/[a-z]+\?from=now-1h/)
      await page.getByRole('region', { name: 'Rate' }).waitFor()
      await page.context().close()
    })
  })

  describe('the page of a service', () => {
    it('shows the verdict, three figures over time, endpoints, neighbours and versions', async () => {
      const page = await has.opener.open(`/default/services/payment?${range}`)
      const main = page.getByRole('main')
      await main
        .getByText(/% errors|× usual/)
        .first()
        .waitFor()
      await page.getByRole('img', { name: /^Rate of payment/ }).waitFor()
      await page.getByRole('img', { name: /^Errors of payment/ }).waitFor()
      await page.getByRole('img', { name: /^Duration of payment/ }).waitFor()
      await page.getByRole('region', { name: 'Endpoints' }).getByRole('link', { name: 'POST /v1/charges' }).waitFor()
      await page.getByRole('region', { name: 'Callers and dependencies' }).getByRole('link', { name: 'shop' }).waitFor()
      const versions = page.getByRole('region', { name: 'This version against the last' })
      await versions.getByRole('columnheader', { name: '2.15.0' }).waitFor()
      const p95 = await versions.getByRole('row', { name: /^p95/ }).textContent()
      expect(p95).toMatch(/× 1\d/)
      await page.context().close()
    })

    it('keeps range and comparison when it leads on to another service and back', async () => {
      const page = await has.opener.open(`/default/services/payment?${range}&cmp=-range`)
      await page.getByRole('region', { name: 'Callers and dependencies' }).getByRole('link', { name: 'shop' }).click()
      await page.waitForURL(/\/default\/services\/shop\?from=now-1h/)
      await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor()
      await page.goBack()
      await page.waitForURL(/\/default\/services\/payment\?from=now-1h&to=now&cmp=-range/)
      expect(await page.getByRole('combobox', { name: 'Compared with' }).inputValue()).toBe('-range')
      await page.context().close()
    })

    it('leads from a point of a chart to the traces of its minute', async () => {
      const page = await has.opener.open(`/default/services/payment?${range}`)
      const chart = page.getByRole('img', { name: /^Duration of payment/ })
      await chart.waitFor()
      const box = (await chart.boundingBox())!
      await page.mouse.click(box.x + box.width * 0.9, box.y + 40)
      await page.waitForURL(/\/default\/traces\?.*q=service:payment/)
      await page.context().close()
    })

    it('says so where a service sent nothing', async () => {
      const page = await has.opener.open(`/default/services/nobody?${range}`)
      await page.getByText(/No requests to service nobody are stored/).waitFor()
      await page.context().close()
    })

    it('is not wider than a phone', async () => {
      const page = await has.opener.open(`/default/services/payment?${range}`, { width: 375 })
      // What is far below is asked for when it comes near.
      await page.getByRole('region', { name: 'This version against the last' }).scrollIntoViewIfNeeded()
      await page.getByRole('columnheader', { name: '2.15.0' }).waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
      const main =
        '(() => { const main = document.querySelector("main"); return main.scrollWidth - main.clientWidth })()'
      expect(await page.evaluate(main)).toBe(0)
      await page.context().close()
    })
  })

  describe('Data', () => {
    it('makes a key, puts it into the snippet, and revokes it', async () => {
      const page = await has.opener.open('/default/data')
      const keys = page.getByRole('region', { name: 'Keys' })
      await keys.getByLabel('Name of a new key').fill('collector')
      await page.keyboard.press('Enter')
      await keys.getByText(/^slt_/).waitFor()
      await page
        .getByRole('region', { name: 'Send your own data' })
        .getByText(/X-API-Key: slt_/)
        .waitFor()
      expect(await axeFindings(page)).toEqual([])
      await keys.getByRole('button', { name: 'Revoke: collector' }).click()
      await keys.getByRole('button', { name: 'Revoke collector for good' }).click()
      await keys.getByRole('row', { name: /collector/ }).waitFor({ state: 'detached' })
      await page.context().close()
    })
  })

  describe('what a service does', () => {
    it('is told by endpoints, queries, calls and exceptions, and the address keeps which', async () => {
      const page = await has.opener.open(`/default/services/payment?${range}`)
      await page.getByRole('region', { name: 'Endpoints' }).getByText('POST /v1/charges').waitFor()
      await page.getByRole('button', { name: 'Queries', exact: true }).click()
      const queries = page.getByRole('region', { name: 'Queries' })
      await queries.getByRole('row', { name: /INSERT charges.*postgresql, payments/ }).waitFor()
      await page.waitForURL(/view=queries/)
      await page.reload()
      await queries.getByText('INSERT charges').waitFor()
      await page.getByRole('button', { name: 'Calls out' }).click()
      const calls = page.getByRole('region', { name: 'Calls out' })
      await calls.getByRole('row', { name: /bank\.example/ }).waitFor()
      expect(await calls.getByText('INSERT charges').count()).toBe(0)
      await page.getByRole('button', { name: 'Exceptions' }).click()
      const thrown = page.getByRole('region', { name: 'Exceptions' }).getByRole('row', { name: /PoolTimeout/ })
      await thrown.getByText(/no connection after \d+ ms/).waitFor()
      expect(await axeFindings(page)).toEqual([])
      await thrown.getByRole('link', { name: 'PoolTimeout' }).click()
      const side = page.getByRole('complementary', { name: /Span/ })
      await side.getByText(/at Pool\.take/).waitFor()
      await side.getByText('pool.size').waitFor()
      await page.context().close()
    })

    it('leads from a query to the traces with it', async () => {
      const page = await has.opener.open(`/default/services/payment?${range}&view=queries`)
      await page.getByRole('link', { name: 'INSERT charges' }).click()
      await page.waitForURL(/\/traces\?.*q=service:payment/)
      await page.getByRole('main').getByText('POST /checkout').first().waitFor()
      await page.context().close()
    })

    it('says what would fill it where there is nothing', async () => {
      const page = await has.opener.open(`/default/services/cart?${range}&view=exceptions`)
      await page.getByText('None of its spans recorded an exception in this range.').waitFor()
      await page.context().close()
    })
  })

  describe('the ways to send', () => {
    it('say below each what has arrived that way', async () => {
      const page = await has.opener.open('/default/data')
      const heard = page.getByRole('region', { name: 'Heard since this page was opened' })
      await page.getByRole('button', { name: 'Loki', exact: true }).click()
      await page
        .getByRole('region', { name: 'Send your own data' })
        .getByText(/\/loki\/api\/v1\/push/)
        .waitFor()
      await heard.getByText('over Loki push').waitFor()
      await heard.getByText('waiting for data').waitFor()
      const values = [[`${Date.now()}000000`, 'one line']]
      const answer = await fetch(`${has.stand.url}/loki/api/v1/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ streams: [{ stream: { service: 'till' }, values }] }),
      })
      expect(answer.status).toBe(204)
      await heard.getByText('data is arriving').waitFor()
      await page.getByRole('button', { name: 'Java', exact: true }).click()
      await heard.getByText('waiting for data').waitFor()
      await page.context().close()
    })
  })

  describe('a link to what is seen', () => {
    it('is short where the address is too long, and leads to the same view', async () => {
      const name = 'x'.repeat(1900)
      const page = await has.opener.open(`/default/services?q=${name}`)
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
      await page.getByRole('searchbox', { name: 'Find by name' }).waitFor()
      await page.getByRole('button', { name: 'Copy link with absolute times' }).click()
      await page.getByText('Link copied, with absolute times.').waitFor()
      const link = (await page.evaluate('navigator.clipboard.readText()')) as string
      expect(link).toMatch(/\/s\/[\w-]{12}$/)
      await page.goto(link)
      await page.waitForURL(new RegExp(`/default/services\\?from=.*q=${name}`))
      await page.context().close()
    })
  })
})
