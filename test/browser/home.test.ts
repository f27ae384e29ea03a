import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { inBrowser } from './in-browser.ts'
import { sendIncident } from './incident.ts'
import { axeFindings } from './open-page.ts'

/** From asked to running on a machine that is busy with other tests, ms. */
const shopMs = 150_000

const incident = '/default/home?from=now-1h&to=now'
const story = (page: Page) => page.getByRole('article').first()

inBrowser('Home', { prepare: ({ url }) => sendIncident(url) }, (has) => {
  it('says first how much needs a person, then what changed, worst first and folded', async () => {
    const page = await has.opener.open(incident)
    await page.getByRole('heading', { level: 2, name: /^(One|Two) things? needs? you/ }).waitFor()
    await story(page).getByText('payment', { exact: true }).first().waitFor()
    const text = await story(page).textContent()
    expect(text).toContain('2.15.0 deployed')
    expect(text).toMatch(/usual \d+ ms/)
    const worst = page.getByRole('region', { name: 'Services, worst first' })
    const names = await worst.getByRole('row').allTextContents()
    expect(names[1]).toMatch(/^(shop|payment)/)
    await page.getByRole('button', { name: /as usual/ }).waitFor()
    await page.context().close()
  })

  it('leads to the service behind the story, with the same range, and back', async () => {
    const page = await has.opener.open(incident)
    await story(page)
      .getByRole('link', { name: /^Open / })
      .click()
    await page.waitForURL(/\/default\/services\/[^?]+\?from=now-1h&to=now/)
    await page.getByRole('heading', { level: 1, name: /shop|payment/ }).waitFor()
    await page.goBack()
    await page.waitForURL(/\/default\/home\?from=now-1h&to=now$/)
    await page.context().close()
  })

  it('shows data arriving and the parts of the platform, each as it is', async () => {
    const page = await has.opener.open(incident)
    const arriving = page.getByRole('region', { name: 'Data arriving' })
    await arriving.getByRole('row', { name: /^Spans/ }).waitFor()
    expect(await arriving.getByRole('row', { name: /^Spans [\d,]+ [\d,]+ \d+ 0/ }).count()).toBe(1)
    const itself = page.getByRole('region', { name: 'Sightline itself' })
    await itself.getByText(/^All \d+ parts are ready$/).waitFor()
    await itself.getByText('Column store').waitFor()
    await page.context().close()
  })

  it('marks deploys and what is not as usual on the rail of every screen', async () => {
    const page = await has.opener.open('/default/traces?from=now-1h&to=now')
    const rail = page.getByRole('toolbar', { name: 'Events in the range' })
    await rail.getByRole('link', { name: /payment 2\.15\.0: payment 2\.15\.0 deployed/ }).waitFor()
    expect(await rail.getByRole('link', { name: /is slow|fails/ }).count()).toBeGreaterThan(0)
    await rail.getByRole('link').first().focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/default\/services\/[^?]+\?from=now-1h/)
    await page.context().close()
  })

  it('shows what changed in the services that this person starred, if asked for', async () => {
    const page = await has.opener.open(incident)
    const changed = page.getByRole('region', { name: 'What changed' })
    const all = Number((await changed.getByRole('button', { name: /^All \d+$/ }).textContent())?.replace(/\D/g, ''))
    expect(all).toBeGreaterThan(1)
    await changed.getByRole('button', { name: 'Mine 0', exact: true }).click()
    await page.waitForURL(/type=starred/)
    await changed.getByText(/^You have starred no service yet/).waitFor()
    await changed.getByRole('link', { name: 'Star those that are yours in Services' }).click()
    await page.waitForURL(/\/default\/services\?from=now-1h&to=now$/)
    await page.getByRole('button', { name: 'Star payment', exact: true }).click()
    await page.goBack()
    await changed.getByRole('button', { name: 'Mine 1', exact: true, pressed: true }).waitFor()
    expect(await changed.getByRole('article').count()).toBe(1)
    expect(await story(page).textContent()).toContain('payment')
    await page.reload()
    await story(page).waitFor()
    expect(await changed.getByRole('article').count()).toBe(1)
    // Cart is as always: it cannot be ruled out where it is not listed.
    expect(await changed.getByText('cart', { exact: true }).count()).toBe(0)
    await changed.getByRole('button', { name: `All ${all}`, exact: true }).click()
    await page.waitForURL((url) => !url.search.includes('type='))
    await changed.getByText('cart', { exact: true }).waitFor()
    await page.context().close()
  })

  it('says what slow requests have that the others have not, and leads to the whole comparison', async () => {
    const page = await has.opener.open(incident)
    await story(page).getByText('Stands out:').waitFor()
    const chip = story(page).locator('.chip', { hasText: 'service.version' })
    await chip.waitFor()
    // One slow checkout of the stand is of the version before.
    expect(await chip.textContent()).toMatch(/^service\.version2\.15\.0(99|100) % of slow, \d+ % of rest$/)
    await story(page).getByRole('link', { name: 'Compare' }).click()
    await page.waitForURL(/\/default\/traces\?.*q=service:(payment|shop)&sel=box:/)
    const compared = page.getByRole('region', { name: 'What the box has that the rest has not' })
    await compared.getByText('2.15.0').first().waitFor()
    await page.context().close()
  })

  it('compares with another time, service by service, and leads on with it', async () => {
    const page = await has.opener.open(incident)
    const changed = page.getByRole('region', { name: 'What changed' })
    await story(page).waitFor()
    const choice = changed.getByRole('combobox', { name: 'Compared with' })
    await choice.selectOption('deploy:payment@2.15.0')
    await page.waitForURL(/cmp=deploy:payment@2.15.0/)
    const payment = changed.getByRole('article', { name: /^payment: / })
    await payment.getByText(/^p95 2(\.\d+)? s, was 1\d\d ms · errors /).waitFor()
    await changed.getByText(/^ranked by what users wait longer, against the time before payment 2\.15\.0/).waitFor()
    await changed.getByRole('button', { name: /^1 service does not differ/ }).waitFor()
    const first = await story(page).getAttribute('aria-label')
    await page.reload()
    await payment.waitFor()
    expect(await story(page).getAttribute('aria-label')).toBe(first)
    expect(await axeFindings(page)).toEqual([])
    await payment.getByRole('link', { name: 'payment' }).click()
    await page.waitForURL(/\/default\/services\/payment\?.*cmp=deploy:payment@2.15.0/)
    expect(await page.getByRole('combobox', { name: 'Compared with' }).inputValue()).toBe('deploy:payment@2.15.0')
    await page.goBack()
    await choice.selectOption('-usual')
    await page.waitForURL((url) => !url.search.includes('cmp='))
    await story(page).getByText('One story', { exact: false }).waitFor()
    await page.context().close()
  })

  it.each(['light', 'dark'] as const)('has no findings of axe in the %s theme', async (theme) => {
    for (const path of [incident, `${incident}&cmp=-1h`, '/empty/home']) {
      const page = await has.opener.open(path, { theme })
      await page
        .getByRole('region', { name: /What changed|Two ways to begin/ })
        .or(page.getByRole('alert'))
        .first()
        .waitFor()
      await page.waitForLoadState('networkidle').catch(() => {})
      expect(await axeFindings(page)).toEqual([])
      await page.context().close()
    }
  })

  it.each(['', '&cmp=-1h', '&type=starred'])('is not wider than a phone %s', async (more) => {
    const page = await has.opener.open(incident + more, { width: 375 })
    await page.getByRole('region', { name: 'What changed' }).getByRole('combobox').waitFor()
    await page.waitForLoadState('networkidle').catch(() => {})
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
    const main = '(() => { const main = document.querySelector("main"); return main.scrollWidth - main.clientWidth })()'
    expect(await page.evaluate(main)).toBe(0)
    await page.context().close()
  })
})

inBrowser('Home of a platform that has received nothing', { isEmpty: true }, (has) => {
  it('shows the platform itself and two ways to begin', async () => {
    const page = await has.opener.open('/')
    await page.getByRole('heading', { name: 'Nothing has been sent here yet.' }).waitFor()
    const arriving = page.getByRole('region', { name: 'Data arriving' })
    await arriving.getByText('of the platform itself, last 5 minutes').waitFor()
    expect(await axeFindings(page)).toEqual([])
    await page.getByRole('link', { name: 'Send your own data' }).click()
    await page.waitForURL(/\/default\/data$/)
    await page.context().close()
  })

  it('starts the demo shop, leads to it, breaks it and removes its rows', async () => {
    const page = await has.opener.open('/')
    await page.getByRole('button', { name: 'Start the demo shop' }).click()
    await page.waitForURL(/\/demo-shop\/home\?from=now-15m&to=now/, { timeout: shopMs })
    const shop = page.getByRole('region', { name: 'Demo shop' })
    await shop.getByText(/runs since/).waitFor({ timeout: shopMs })
    await page.getByRole('region', { name: 'What changed' }).getByText('checkout').first().waitFor({ timeout: shopMs })
    await shop.getByRole('button', { name: 'Break: Bad deploy of checkout 4.2.0' }).click()
    await shop.getByRole('button', { name: 'Mend: Bad deploy of checkout 4.2.0' }).waitFor({ timeout: shopMs })
    await page
      .getByRole('toolbar', { name: 'Events in the range' })
      .getByRole('link', { name: /: checkout 4\.2\.0 deployed/ })
      .waitFor({ timeout: shopMs })
    expect(await axeFindings(page)).toEqual([])
    await shop.getByRole('button', { name: 'Remove its rows' }).click()
    await shop.getByRole('alertdialog').getByRole('button', { name: 'Remove', exact: true }).click()
    await page.waitForURL(/\/default\/home/, { timeout: shopMs })
    await page.getByRole('button', { name: 'Start the demo shop' }).waitFor({ timeout: shopMs })
    await page.context().close()
  })
})
