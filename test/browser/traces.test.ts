import { describe, expect, it } from 'vitest'
import type { AttributeComparison, TraceHeatmap } from '../../contract/index.ts'
import { askPost } from './ask.ts'
import { inBrowser } from './in-browser.ts'
import { sendIncident } from './incident.ts'
import { axeFindings } from './open-page.ts'

/** Requests above a second, as a box over the last hour. */
const slow = () => {
  const now = Date.now()
  const iso = (ms: number) => new Date(ms).toISOString()
  return { start: iso(now - 3_600_000), end: iso(now), min_duration: 1_000_000 }
}

inBrowser('traces', { isEmpty: true, prepare: ({ url }) => sendIncident(url) }, (has) => {
  const post = <T>(path: string, body: unknown) => askPost<T>(has.stand, path, body)

  describe('many traces', () => {
    it('are counted by time and duration: the same requests, however they are cut', async () => {
      const asked = { time_range: { relative: '1h' } }
      const fine = await post<TraceHeatmap>('/api/traces/heatmap', asked)
      const coarse = await post<TraceHeatmap>('/api/traces/heatmap', { ...asked, columns: 10 })
      expect(fine.total).toBe(2400)
      expect(coarse.total).toBe(2400)
      expect(fine.errors).toBe(80)
      expect(coarse.columns).toBeLessThanOrEqual(11)
      const ofShop = [{ field: 'service_name', operator: 'eq', value: 'shop' }]
      expect((await post<TraceHeatmap>('/api/traces/heatmap', { ...asked, filters: ofShop })).total).toBe(800)
    })

    it('in a box are told from the rest by the version of payment', async () => {
      const found = await post<AttributeComparison>('/api/traces/attributes', {
        ...{ time_range: { relative: '1h' }, box: slow() },
      })
      expect(found.box_requests).toBe(400)
      expect(found.compared).toMatchObject({ box: 200, rest: 600, sampled: false })
      const [first] = found.shares
      expect(first.conditions).toEqual([{ service: 'payment', name: 'service.version', value: '2.15.0' }])
      expect(first.box).toBe(1)
      expect(first.rest).toBeLessThan(0.1)
      expect(first.chance).toBeLessThan(0.001)
      expect(found.closest?.duration).toBeGreaterThan(1_000_000)
    })

    it('refuse a box that holds nothing', async () => {
      const answer = await post<{ error: { message: string } }>('/api/traces/attributes', {
        ...{ time_range: { relative: '1h' }, box: { ...slow(), max_duration: 5 } },
      })
      expect(answer.error.message).toContain('box.max_duration')
    })
  })

  describe('the page of traces', () => {
    it('compares what is drawn as a box, keeps it in the address, and opens the closest trace', async () => {
      const page = await has.opener.open('/default/traces')
      const picture = page.getByRole('img', { name: /2,400 requests, 80 with an error/ })
      await picture.waitFor()
      const place = (await picture.boundingBox())!
      await page.mouse.move(place.x + place.width * 0.5, place.y + 16)
      await page.mouse.down()
      await page.mouse.move(place.x + place.width * 0.99, place.y + place.height * 0.4, { steps: 5 })
      await page.mouse.up()
      await page.waitForURL(/sel=box:/)
      const region = page.getByRole('region', { name: 'What the box has that the rest has not' })
      await region.getByRole('row', { name: /service\.version of payment 2\.15\.0/ }).waitFor()
      const address = page.url()
      await page.reload()
      await region.getByRole('row', { name: /service\.version of payment 2\.15\.0/ }).waitFor()
      expect(page.url()).toBe(address)
      await region.getByRole('link', { name: /^open/ }).click()
      await page.getByRole('treegrid', { name: 'Spans of the trace' }).waitFor()
      await page.goBack()
      await page.keyboard.press('Escape')
      await page.waitForURL((url) => !url.search.includes('sel='))
      await page.context().close()
    })

    it('chooses without a drag, and shows what failed', async () => {
      const page = await has.opener.open('/default/traces')
      await page.getByRole('button', { name: 'Slowest tenth' }).focus()
      await page.keyboard.press('Enter')
      await page.waitForURL(/sel=box:/)
      await page.getByRole('button', { name: 'Errors' }).click()
      await page.getByRole('region', { name: 'Errors' }).getByText('pool exhausted').first().waitFor()
      await page.context().close()
    })

    it.each(['light', 'dark'] as const)('has no findings of axe in the %s theme', async (theme) => {
      const now = Math.floor(Date.now() / 1000)
      const page = await has.opener.open(`/default/traces?sel=box:${now - 1800},${now},1s,`, { theme })
      await page.getByRole('region', { name: 'What the box has that the rest has not' }).getByRole('table').waitFor()
      expect(await axeFindings(page)).toEqual([])
      await page.context().close()
    })

    it('fits a phone', async () => {
      const now = Math.floor(Date.now() / 1000)
      const page = await has.opener.open(`/default/traces?sel=box:${now - 1800},${now},1s,`, { width: 375 })
      await page.getByRole('region', { name: 'What the box has that the rest has not' }).getByRole('table').waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
      const main =
        '(() => { const main = document.querySelector("main"); return main.scrollWidth - main.clientWidth })()'
      expect(await page.evaluate(main)).toBe(0)
      await page.context().close()
    })
  })
})
