import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { until } from '../end-to-end/platform.ts'
import { inBrowser } from './in-browser.ts'
import { sendIncident } from './incident.ts'
import { axeFindings } from './open-page.ts'
import { traceId } from './stand.ts'

const range = 'from=now-1h&to=now'

/** Each screen with its title, and what is there once its answers are. */
const screens: readonly (readonly [path: string, title: string, ready: (page: Page) => Promise<void>])[] = [
  [`/default/home?${range}`, 'Home', (page) => page.getByRole('article').first().waitFor()],
  [`/default/services?${range}`, 'Services', (page) => page.getByRole('gridcell').first().waitFor()],
  [`/default/services/payment?${range}`, 'payment', (page) => page.getByRole('img', { name: /^Rate of/ }).waitFor()],
  [`/default/services?${range}&panel=service:payment`, 'Services', (page) => page.getByRole('img').first().waitFor()],
  [`/default/traces?${range}`, 'Traces', (page) => page.getByRole('gridcell').first().waitFor()],
  [`/default/traces/${traceId}`, '4f1c9a2b…3f8a67', (page) => page.getByRole('treegrid').waitFor()],
  [`/default/metrics?${range}`, 'Metrics', (page) => page.getByRole('searchbox', { name: /Find a metric/ }).waitFor()],
  [`/default/metrics?${range}&view=table`, 'Metrics', (page) => page.getByRole('searchbox').first().waitFor()],
  [`/_system/metrics/sightline_process_cpu_seconds_total?${range}`, 'sightline_process_cpu_seconds_total', settled],
  ['/default/data', 'Data', (page) => page.getByRole('table').first().waitFor()],
  ['/default/data?view=all', 'Data', (page) => page.getByText('Adds up').waitFor()],
  ['/default/gallery', 'Gallery', (page) => page.getByRole('grid').first().waitFor()],
]

async function settled(page: Page): Promise<void> {
  await page.locator('main').waitFor()
}

inBrowser('every screen', { prepare: ({ url }) => sendIncident(url) }, (has) => {
  describe.each(screens)('%s', (path, title, ready) => {
    it.each(['light', 'dark'] as const)('has its title and no findings of axe in the %s theme', async (theme) => {
      const page = await has.opener.open(path, { theme })
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
      await ready(page)
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
      expect(await axeFindings(page)).toEqual([])
      await page.context().close()
    })

    it('is the same after a reload, and not wider than a phone', async () => {
      const page = await has.opener.open(path, { width: 375 })
      await ready(page)
      const address = page.url()
      expect(address).toBe(has.stand.url + path)
      await page.reload()
      await ready(page)
      expect(page.url()).toBe(address)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
      const main =
        '(() => { const main = document.querySelector("main"); return main.scrollWidth - main.clientWidth })()'
      expect(await page.evaluate(main)).toBe(0)
      await page.context().close()
    })
  })

  it('is reached by keys, each with its letter', async () => {
    const page = await has.opener.open('/default/data')
    await page.getByRole('heading', { level: 1, name: 'Data' }).waitFor()
    for (const [letter, title] of [...'hstmi'].map((one, at) => [
      one,
      ['Home', 'Services', 'Traces', 'Metrics', 'Data'][at],
    ])) {
      await page.keyboard.press('g')
      await page.keyboard.press(letter)
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
    }
    await page.context().close()
  })

  it('shows each part in each of its states in the gallery', async () => {
    const page = await has.opener.open('/default/gallery')
    const frames = page.getByRole('region', { name: 'Panel frame' }).getByRole('region', { name: /^Refunds, / })
    await frames.first().waitFor()
    const names = await frames.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))
    expect(names).toEqual(
      [
        ...['loading, after 150 ms', 'slow, after 2 s', 'refreshing: the old answer stays', 'partial'],
        ...['empty with reason', 'never any data', 'error with a fix', 'asks first: costly'],
      ].map((state) => `Refunds, ${state}`),
    )
    const frame = (state: string) => page.getByRole('region', { name: `Refunds, ${state}` })
    expect(await frame('loading, after 150 ms').getAttribute('aria-busy')).toBe('true')
    await frame('slow, after 2 s').getByRole('button', { name: 'Stop' }).waitFor()
    await frame('refreshing: the old answer stays').getByText('14:19:40, updating').waitFor()
    await frame('refreshing: the old answer stays').getByRole('img').waitFor()
    await frame('partial')
      .getByText(/^2 of 3 shards/)
      .first()
      .waitFor()
    await frame('empty with reason').getByRole('button', { name: 'Widen to 3 hours' }).waitFor()
    await frame('never any data').getByRole('button', { name: 'refunds_total' }).waitFor()
    await frame('error with a fix').getByRole('alert').waitFor()
    await frame('asks first: costly').getByRole('button', { name: 'Run anyway' }).waitFor()
    const sizes = await frames.evaluateAll((all) =>
      all.map((one) => (one as unknown as { offsetHeight: number }).offsetHeight),
    )
    expect(new Set(sizes).size).toBe(1)
    await page.context().close()
  })

  it('draws the newest step at half its strength while it still fills, and says so', async () => {
    const page = await has.opener.open('/default/gallery')
    const chart = page.getByRole('region', { name: 'Newest step still filling' })
    const picture = chart.getByRole('img', { name: /^Newest step still filling/ })
    await picture.scrollIntoViewIfNeeded()
    await picture.locator('canvas').waitFor()
    // The strongest pixel of the line in the middle of each of the last two steps of twelve; grid and fill are weaker or grey.
    const strongest = (steps: number) => `(() => {
      const canvas = document.querySelector('[aria-label^="Newest step still filling:"] canvas')
      const [left, right] = [52, 16].map((edge) => edge * devicePixelRatio)
      const x = Math.round(left + ((12 - ${steps} + 0.5) / 12) * (canvas.width - left - right))
      const { data } = canvas.getContext('2d').getImageData(x, 0, 1, canvas.height)
      let most = 0
      for (let at = 0; at < data.length; at += 4)
        if (data[at + 2] - data[at] > 100 && data[at + 3] > most) most = data[at + 3]
      return most
    })()`
    const read = async (steps: number) => Number(await page.evaluate(strongest(steps)))
    await until('the chart is drawn', 10_000, async () => ((await read(2)) > 0 ? true : null))
    expect(await read(2)).toBeGreaterThan(230)
    expect(await read(1)).toBeGreaterThan(100)
    expect(await read(1)).toBeLessThan(150)
    await picture.focus()
    await page.keyboard.press('ArrowLeft')
    await chart.getByText(/^13:20:00, still filling: /).waitFor()
    await page.keyboard.press('ArrowLeft')
    await chart.getByText(/^13:15:00: /).waitFor()
    await chart.getByRole('button', { name: 'Table' }).click()
    expect(await chart.getByRole('row', { name: /still filling/ }).count()).toBe(1)
    await page.context().close()
  })
})
