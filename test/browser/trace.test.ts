import { describe, expect, it } from 'vitest'
import { until } from '../end-to-end/platform.ts'
import { askGet, askPost } from './ask.ts'
import { bigSpanId, sendBigTrace } from './big-trace.ts'
import { inBrowser } from './in-browser.ts'
import { sendIncident } from './incident.ts'
import { axeFindings } from './open-page.ts'
import { type Stand, traceId } from './stand.ts'

const bigId = 'b16b16b16b16b16b16b16b16b16b16b1'
const bigSpans = 4000
/** From sent to readable on a machine that is busy with other tests, ms. */
const visibleMs = 60_000

async function prepare(stand: Stand): Promise<void> {
  await sendIncident(stand.url)
  await sendBigTrace(stand.url, { traceId: bigId, spans: bigSpans, startMs: Date.now() - 90_000 })
  await until('the large trace can be read', visibleMs, async () => {
    const { span_count: count } = await askGet<{ span_count: number }>(stand, `/api/traces/${bigId}/summary`)
    return count === bigSpans ? true : null
  })
}

interface Rows {
  readonly total: number
  readonly offset: number
  readonly around: number | null
  readonly found: number
  readonly rows: { span_id: string; repeats: { count: number } | null; found: boolean }[]
}

inBrowser('a trace', { prepare }, (has) => {
  const get = <T>(path: string) => askGet<T>(has.stand, path)
  const post = <T>(path: string, body: unknown) => askPost<T>(has.stand, path, body)

  /** A slow checkout of the incident. */
  async function slowTrace(): Promise<string> {
    const filters = [
      { field: 'service_name', operator: 'eq', value: 'shop' },
      { field: 'duration', operator: 'gt', value: 1_000_000 },
    ]
    const { traces } = await post<{ traces: { trace_id: string }[] }>('/api/traces/search', {
      ...{ time_range: { relative: '1h' }, filters, limit: 1 },
    })
    return traces[0].trace_id
  }

  describe('a trace from the server in windows', () => {
    it('gives each window of one order, without gap or overlap', async () => {
      const whole = { repeats: 'show' }
      const first = await post<Rows>(`/api/traces/${bigId}/rows`, { ...whole, limit: 500 })
      expect(first).toMatchObject({ total: bigSpans, offset: 0 })
      const ids: string[] = []
      for (let offset = 0; offset < first.total; offset += 500)
        ids.push(
          ...(await post<Rows>(`/api/traces/${bigId}/rows`, { ...whole, offset })).rows.map((row) => row.span_id),
        )
      expect(new Set(ids).size).toBe(bigSpans)
      const folded = await post<Rows>(`/api/traces/${bigId}/rows`, {})
      expect(folded.total).toBeLessThan(bigSpans)
      expect(folded.rows.some(({ repeats }) => repeats !== null && repeats.count >= 4)).toBe(true)
    })

    it('finds by attribute, places a window around a span, and goes to the next that was found', async () => {
      const around = await post<Rows>(`/api/traces/${bigId}/rows`, { around: bigSpanId(3990), limit: 10 })
      expect(around.around).not.toBeNull()
      expect(around.offset).toBeLessThanOrEqual(around.around!)
      const words = 'batch.item=3990'
      const found = await post<Rows>(`/api/traces/${bigId}/rows`, { words, repeats: 'show' })
      expect(found.found).toBe(1)
      const next = await post<{ span_id: string }>(`/api/traces/${bigId}/seek`, {
        words,
        what: 'found',
        repeats: 'show',
      })
      expect(next.span_id).toBe(bigSpanId(3990))
    })

    it('refuses what is no window, and says what is not stored', async () => {
      const tooMany = await post<{ error: { code: string } }>(`/api/traces/${bigId}/rows`, { limit: 501 })
      expect(tooMany.error.code).toBe('bad_request')
      const unknown = await get<{ error: { code: string } }>('/api/traces/abc123/summary')
      expect(unknown.error.code).toBe('not_found')
    })

    it('compares a slow trace with a healthy one of the same operation', async () => {
      const compared = await get<{
        other: { error_count: number; duration: number }
        healthy: { times: number; traces: number }
        operations: { service: string; self_time: number; other_self_time: number }[]
      }>(`/api/traces/${await slowTrace()}/compare?with=healthy`)
      expect(compared.other.error_count).toBe(0)
      expect(compared.healthy.times).toBeGreaterThan(5)
      expect(compared.operations[0].service).toBe('payment')
      expect(compared.operations[0].self_time).toBeGreaterThan(compared.operations[0].other_self_time)
    })
  })

  describe('the page of a trace', () => {
    it('draws few rows of a large trace, and the last ones when scrolled to the end', async () => {
      const page = await has.opener.open(`/default/traces/${bigId}`)
      const grid = page.getByRole('treegrid', { name: 'Spans of the trace' })
      await grid.getByRole('row').nth(5).waitFor()
      expect(await grid.getByRole('row').count()).toBeLessThan(100)
      const total = Number(await grid.getAttribute('aria-rowcount'))
      expect(total).toBeGreaterThan(1000)
      await page.evaluate(
        '(() => { const box = document.querySelector(".wf-rows"); box.scrollTop = box.scrollHeight })()',
      )
      await page.locator(`.wf-row[data-row="${total - 1}"]`).waitFor()
      await page.context().close()
    })

    it('keeps views, window, folds and comparison in the address', async () => {
      const page = await has.opener.open(`/default/traces/${await slowTrace()}`)
      await page.getByText(/× slower than healthy/).waitFor()
      await page.getByRole('button', { name: 'Compare with healthy' }).click()
      await page.waitForURL(/cmp=healthy/)
      await page.getByRole('treegrid', { name: 'Spans of the other trace' }).getByRole('row').first().waitFor()
      await page.getByRole('button', { name: 'Differences' }).click()
      await page
        .getByRole('grid', { name: /Operations by difference/ })
        .getByText('POST /v1/charges')
        .waitFor()
      const address = page.url()
      await page.reload()
      await page
        .getByRole('grid', { name: /Operations by difference/ })
        .getByText('POST /v1/charges')
        .waitFor()
      expect(page.url()).toBe(address)
      await page.goBack()
      await page.getByRole('treegrid', { name: 'Spans of the other trace' }).waitFor()
      const map = (await page.getByRole('img', { name: /Overview of the whole trace/ }).boundingBox())!
      await page.mouse.move(map.x + map.width * 0.3, map.y + 20)
      await page.mouse.down()
      await page.mouse.move(map.x + map.width * 0.6, map.y + 20, { steps: 4 })
      await page.mouse.up()
      await page.waitForURL(/win=/)
      await page.context().close()
    })

    it('keeps in the address how rows are shown and what is looked for', async () => {
      const page = await has.opener.open(`/default/traces/${bigId}`)
      const grid = page.getByRole('treegrid', { name: 'Spans of the trace' })
      await grid.getByRole('row').nth(5).waitFor()
      const folded = Number(await grid.getAttribute('aria-rowcount'))
      await page.getByRole('switch', { name: 'Fold repeats' }).click()
      await page.waitForURL(/type=unfolded/)
      await grid.focus()
      await page.keyboard.press('c')
      await page.waitForURL(/type=plain,unfolded/)
      await page.getByRole('searchbox', { name: 'Find in trace' }).fill('batch.item=3990')
      await page.waitForURL(/q=batch.item/)
      await page.reload()
      await page.locator(`.wf-rows[aria-rowcount="${bigSpans}"]`).waitFor()
      expect(folded).toBeLessThan(bigSpans)
      expect(await page.getByRole('switch', { name: 'Critical path' }).isChecked()).toBe(false)
      expect(await page.getByRole('searchbox', { name: 'Find in trace' }).inputValue()).toBe('batch.item=3990')
      await page.getByRole('switch', { name: 'Errors only' }).click()
      await page.waitForURL(/type=errors,plain,unfolded/)
      await page.goBack()
      await page.waitForURL(/type=plain,unfolded/)
      expect(await page.getByRole('switch', { name: 'Errors only' }).isChecked()).toBe(false)
      await page.context().close()
    })

    it('shows the flame graph, the graph of services and the JSON', async () => {
      const page = await has.opener.open(`/default/traces/${traceId}?view=flame`)
      await page
        .getByRole('button', { name: /payment POST \/v1\/charges/ })
        .first()
        .click()
      await page.waitForURL(/focus=1/)
      await page.getByRole('button', { name: 'Graph', exact: true }).click()
      await page.getByRole('img', { name: '2 services and their calls' }).waitFor()
      await page.getByRole('button', { name: 'JSON' }).click()
      await page
        .getByRole('region', { name: 'The trace as JSON' })
        .getByText(/pool exhausted/)
        .waitFor()
      await page.context().close()
    })

    it('says what the answers of each view took', async () => {
      const page = await has.opener.open(`/default/traces/${traceId}`)
      const cost = page.locator('main').getByTitle(/the time from asking to the whole answer/)
      for (const view of ['Flame graph', 'Span table', /^Logs/, 'Waterfall'])
        await Promise.all([cost.first().waitFor(), page.getByRole('button', { name: view }).first().click()])
      expect(await cost.first().textContent()).toMatch(/B · \d/)
      await page.context().close()
    })

    it('says why it waited for a span: the version that came before it', async () => {
      const id = await slowTrace()
      const { rows } = await post<{ rows: { span_id: string; service: string }[] }>(`/api/traces/${id}/rows`, {})
      const span = rows.find(({ service }) => service === 'payment')?.span_id
      const page = await has.opener.open(`/default/traces/${id}?from=now-1h&to=now&panel=span:${span}`)
      const panel = page.getByRole('complementary', { name: /^Span/ })
      await panel.getByRole('heading', { name: 'Why it waited' }).waitFor()
      await panel.getByText(/payment 2\.15\.0 came .* before it\./).waitFor()
      expect(await axeFindings(page)).toEqual([])
      await panel.getByRole('link', { name: 'Service payment' }).click()
      await page.waitForURL(/\/default\/services\/payment\?/)
      await page.context().close()
    })

    it('shows the parts of a span one at a time, by pointer, by keys and from the address', async () => {
      const page = await has.opener.open(`/default/traces/${traceId}?panel=span:2222222222222222`)
      const panel = page.getByRole('complementary', { name: /^Span/ })
      const tab = (name: string) => panel.getByRole('tab', { name, exact: true })
      const body = panel.getByRole('tabpanel')
      await body.getByText('Database connection pool exhausted').waitFor()
      expect(await tab('Logs 1').getAttribute('aria-selected')).toBe('true')
      expect(page.url()).not.toContain('tab=')
      expect(await panel.getByText('payment.method', { exact: true }).count()).toBe(0)
      await tab('Attributes 1').click()
      await page.waitForURL(/tab=attributes/)
      await body.getByText('payment.method', { exact: true }).waitFor()
      await body.getByText('card', { exact: true }).waitFor()
      expect(await panel.getByText('Database connection pool exhausted').count()).toBe(0)
      await page.keyboard.press('ArrowRight')
      await body.getByText('The span has no events.').waitFor()
      await page.keyboard.press('ArrowRight')
      await page.waitForURL(/tab=resource/)
      await body.getByText('service.version', { exact: true }).waitFor()
      await body.getByText('2.14.0', { exact: true }).waitFor()
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Resource 2')
      await page.keyboard.press('End')
      await body.getByText(/^No resource of payment was measured/).waitFor()
      await page.keyboard.press('ArrowRight')
      await page.waitForURL(/tab=logs/)
      await page.keyboard.press('ArrowLeft')
      await page.keyboard.press('ArrowLeft')
      await page.waitForURL(/tab=resource/)
      expect(await axeFindings(page)).toEqual([])
      await page.reload()
      await body.getByText('service.version', { exact: true }).waitFor()
      // Arrows are no acts of their own: one step back is before the click.
      await page.goBack()
      await body.getByText('Database connection pool exhausted').waitFor()
      expect(page.url()).not.toContain('tab=')
      await page.context().close()
    })

    it.each([
      ['light', 375],
      ['dark', 375],
      ['light', 1440],
      ['dark', 1440],
    ] as const)('the panel of a span has no findings of axe: %s, %i px', async (theme, width) => {
      const search = 'panel=span:2222222222222222&tab=attributes'
      const page = await has.opener.open(`/default/traces/${traceId}?${search}`, { theme, width })
      await page.getByRole('tabpanel').getByText('payment.method', { exact: true }).waitFor()
      await page.waitForLoadState('networkidle')
      expect(await axeFindings(page)).toEqual([])
      await page.context().close()
    })

    it('is worked by keys: errors, critical path, comparison, logs', async () => {
      const page = await has.opener.open(`/default/traces/${traceId}`)
      await page.getByRole('treegrid').getByRole('row').nth(1).waitFor()
      await page.keyboard.press('e')
      await page.waitForURL(/panel=span:2222222222222222/)
      await page.keyboard.press('Shift+N')
      await page.waitForURL(/panel=span:1111111111111111/)
      await page.keyboard.press('m')
      await page.waitForURL(/cmp=healthy/)
      await page.keyboard.press('l')
      await page.waitForURL(/view=logs/)
      await page.locator('main').getByText('Database connection pool exhausted').waitFor()
      await page.context().close()
    })

    it.each([
      ['view=flame', 'light'],
      ['view=flame', 'dark'],
      ['view=graph', 'dark'],
      ['view=json', 'light'],
      ['cmp=healthy', 'light'],
      ['cmp=healthy', 'dark'],
    ] as const)('%s has no findings of axe in the %s theme', async (search, theme) => {
      const page = await has.opener.open(`/default/traces/${traceId}?${search}`, { theme })
      await page.locator('main').getByRole('button', { name: 'Flame graph' }).waitFor()
      await page.waitForLoadState('networkidle')
      expect(await axeFindings(page)).toEqual([])
      await page.context().close()
    })

    it.each(['', '?view=waterfall', '?view=logs'])('%s fits a phone, the critical path first', async (search) => {
      const page = await has.opener.open(`/default/traces/${traceId}${search}`, { width: 375 })
      await page.getByRole('button', { name: 'Critical path', exact: true }).waitFor()
      await page.waitForLoadState('networkidle')
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
      await page.context().close()
    })
  })
})
