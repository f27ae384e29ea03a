import { expect, it } from 'vitest'
import { inBrowser } from './in-browser.ts'
import { axeFindings } from './open-page.ts'
import { traceId } from './stand.ts'

inBrowser('the web app in Chromium', {}, (has) => {
  it('starts with Home, and links no screen that is not there', async () => {
    const page = await has.opener.open('/')
    await page.getByRole('region', { name: 'Services, worst first' }).getByText('payment').waitFor()
    expect(new URL(page.url()).pathname).toBe('/default/home')
    const links = await page.getByRole('navigation', { name: 'Main' }).getByRole('link').allInnerTexts()
    expect(links.map((text) => text.trim())).toEqual(['Home', 'Services', 'Traces', 'Metrics', 'Gallery', 'Data'])
    for (const link of links) {
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: link.trim() }).click()
      await page.getByRole('heading', { level: 1, name: link.trim() }).waitFor()
    }
    await page.context().close()
  })

  it.each([
    ['/default/gallery', 'light'],
    ['/default/gallery', 'dark'],
    ['/default/services', 'light'],
    ['/default/services?panel=service:payment', 'dark'],
    ['/default/traces', 'dark'],
    [`/default/traces/${traceId}?panel=span:2222222222222222`, 'light'],
    [`/default/traces/${traceId}`, 'dark'],
    ['/default/data', 'light'],
    ['/default/data', 'dark'],
  ] as const)('%s has no findings of axe in the %s theme', async (path, theme) => {
    const page = await has.opener.open(path, { theme })
    await page.locator('main').waitFor()
    await page
      .locator('main')
      .getByRole('grid')
      .or(page.getByRole('treegrid'))
      .or(page.getByRole('table'))
      .first()
      .waitFor()
    expect(await axeFindings(page)).toEqual([])
    await page.context().close()
  })

  it.each(['/default/services', '/default/data', `/default/traces/${traceId}`, '/default/gallery'])(
    '%s is not wider than a phone',
    async (path) => {
      const page = await has.opener.open(path, { width: 375 })
      await page.locator('main').waitFor()
      await page.waitForLoadState('networkidle')
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
      const main =
        '(() => { const main = document.querySelector("main"); return main.scrollWidth - main.clientWidth })()'
      expect(await page.evaluate(main)).toBe(0)
      await page.context().close()
    },
  )

  it('keeps the address law: what is chosen stands in the address, reload and back restore it', async () => {
    const page = await has.opener.open('/default/services?from=now-6h&to=now&f=service:payment')
    const grid = page.getByRole('grid', { name: 'Services' })
    await grid.getByText('payment').first().waitFor()
    await page.getByRole('button', { name: 'Last 6 hours' }).waitFor()
    await grid.getByRole('button', { name: 'p95', exact: true }).click()
    await page.waitForURL(/sort=-p95/)
    await grid.getByRole('row', { name: /payment/ }).click()
    await page.getByRole('complementary', { name: 'Service payment' }).waitFor()
    const address = page.url()
    expect(address).toContain('from=now-6h&to=now&f=service:payment&sort=-p95&panel=service:payment')
    await page.reload()
    await page.getByRole('complementary', { name: 'Service payment' }).waitFor()
    expect(page.url()).toBe(address)
    await page.goBack()
    await page.getByRole('complementary', { name: 'Service payment' }).waitFor({ state: 'detached' })
    await page.goBack()
    await page.waitForURL((url) => !url.search.includes('sort'))
    await page.getByRole('link', { name: 'Data' }).click()
    await page.waitForURL(/\/data\?from=now-6h&to=now&f=service:payment$/)
    await page.context().close()
  })

  it('takes a typed range, in the zone of the reader', async () => {
    const page = await has.opener.open('/default/data')
    await page.getByRole('heading', { level: 1, name: 'Data' }).waitFor()
    await page.keyboard.press('t')
    const field = page.getByLabel('Type it')
    await field.fill('2026-11-20 14:00 to 14:30')
    await field.press('Enter')
    await page.waitForURL(/from=2026-11-20T13:00:00.000Z&to=2026-11-20T13:30:00.000Z/)
    await page.getByRole('button', { name: /20 Nov 14:00 – 14:30.*UTC\+01:00/ }).waitFor()
    await page.keyboard.press('[')
    await page.waitForURL(/from=2026-11-20T12:30:00.000Z&to=2026-11-20T13:00:00.000Z/)
    await page.goBack()
    await page.waitForURL(/from=2026-11-20T13:00:00.000Z/)
    await page.context().close()
  })

  it('is worked by keys alone: screens, palette, list of keys, rows, panels', async () => {
    const page = await has.opener.open('/default/data')
    await page.getByRole('heading', { level: 1, name: 'Data' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    const grid = page.getByRole('grid', { name: 'Services' })
    await grid.getByText('payment').first().waitFor()
    await page.keyboard.press('j')
    await page.getByRole('complementary').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('complementary').waitFor({ state: 'detached' })
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys on this screen' }).getByText('Next row').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Search, go to' }).fill(traceId)
    await page.keyboard.press('Enter')
    await page.getByRole('treegrid').waitFor()
    expect(new URL(page.url()).pathname).toBe(`/default/traces/${traceId}`)
    await page.keyboard.press('e')
    await page
      .getByRole('complementary', { name: 'Span 2222222222222222' })
      .getByText('pool exhausted', { exact: true })
      .waitFor()
    await page.context().close()
  })

  it('shows a trace: rows, logs on the axis, the span beside it', async () => {
    const page = await has.opener.open(`/default/traces/${traceId}`)
    const row = page.getByRole('row', { name: /payment.*POST \/v1\/charges/ })
    await row.click()
    const side = page.getByRole('complementary', { name: 'Span 2222222222222222' })
    await side.getByText('Database connection pool exhausted').waitFor()
    await side.getByText('payment.method').waitFor()
    await page.getByRole('button', { name: 'Span table' }).click()
    await page
      .getByRole('grid', { name: /Spans by operation/ })
      .getByText('POST /v1/charges')
      .waitFor()
    await page.context().close()
  })

  it('zooms by a drag over a chart and comes back by a double click', async () => {
    const page = await has.opener.open('/default/services?panel=service:payment')
    const chart = page.getByRole('img', { name: /^Rate of payment/ })
    await chart.waitFor()
    const box = (await chart.boundingBox())!
    await page.mouse.move(box.x + box.width * 0.4, box.y + 40)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 5 })
    await page.mouse.up()
    await page.waitForURL(/from=20.*&to=20/)
    await page.getByRole('img', { name: /^Rate of payment/ }).dblclick()
    await page.waitForURL((url) => !url.search.includes('from='))
    await page.context().close()
  })

  it('says that the connection is lost, keeps what was shown, and mends by itself', async () => {
    const page = await has.opener.open('/default/data')
    await page.getByRole('table').first().waitFor()
    await page.context().setOffline(true)
    await page.getByText(/Connection lost at/).waitFor()
    expect(await page.getByRole('table').first().isVisible()).toBe(true)
    await page.context().setOffline(false)
    await page.getByText(/Connection lost at/).waitFor({ state: 'detached' })
    await page.context().close()
  })

  it('serves the page and its files as they should be kept', async () => {
    const page = await fetch(`${has.stand.url}/default/services`, { headers: { 'accept-encoding': 'br' } })
    expect(page.headers.get('cache-control')).toBe('no-store')
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("script-src 'self';")
    expect(policy).not.toContain('unsafe-eval')
    const html = await page.text()
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/)
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)![1]
    const file = await fetch(has.stand.url + script, { headers: { 'accept-encoding': 'gzip, br' } })
    expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(file.headers.get('content-encoding')).toBe('br')
    expect((await fetch(`${has.stand.url}/assets/..%2findex.html`)).status).toBe(404)
  })
})
