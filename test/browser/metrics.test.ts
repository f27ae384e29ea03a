import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { until } from '../end-to-end/platform.ts'
import { inBrowser } from './in-browser.ts'
import { axeFindings } from './open-page.ts'
import { type Stand, traceId } from './stand.ts'

/** From sent to readable on a machine that is busy with other tests, ms. */
const visibleMs = 60_000
/** Seconds between two samples, and how many there are. */
const [everyS, samples] = [15, 80]

const text = (key: string, value: string) => ({ key, value: { stringValue: value } })
/** When the samples were sent. */
let nowMs: number
const timesMs = () => Array.from({ length: samples }, (_, at) => nowMs - (samples - at) * everyS * 1000)
const atMs = (ms: number) => ({ startTimeUnixNano: `${nowMs - 3_600_000}000000`, timeUnixNano: `${ms}000000` })

/** Two services with requests by status, the duration of requests with an exemplar, and the pool of one of them. */
async function sendMetrics(stand: Stand): Promise<void> {
  nowMs = Date.now()
  const counts = (codes: Record<string, number>) => ({
    ...{ name: 'hits', description: 'Requests answered' },
    sum: {
      ...{ aggregationTemporality: 2, isMonotonic: true },
      dataPoints: timesMs().flatMap((ms, at) =>
        Object.entries(codes).map(([code, perStep]) => ({
          ...{ ...atMs(ms), asInt: String(at * perStep), attributes: [text('code', code)] },
        })),
      ),
    },
  })
  const durations = {
    ...{ name: 'wait', unit: 's', description: 'Time waited' },
    histogram: {
      aggregationTemporality: 2,
      dataPoints: timesMs().map((ms, at) => ({
        ...{ ...atMs(ms), count: String(at * 10), sum: at * 20, explicitBounds: [1, 4] },
        bucketCounts: [String(at * 5), String(at * 5), '0'],
        exemplars: [{ timeUnixNano: `${ms}000000`, asDouble: 3, traceId, spanId: '2222222222222222' }],
      })),
    },
  }
  const pool = {
    ...{ name: 'pool_used', description: 'Connections in use' },
    gauge: { dataPoints: timesMs().map((ms) => ({ ...atMs(ms), asInt: '95' })) },
  }
  const resource = (name: string, metrics: object[]) => ({
    ...{ resource: { attributes: [text('service.name', name)] }, scopeMetrics: [{ metrics }] },
  })
  const answer = await fetch(`${stand.url}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceMetrics: [
        resource('gateway', [counts({ 200: 30 })]),
        resource('payment', [counts({ 200: 20, 500: 10 }), durations, pool]),
      ],
    }),
  })
  expect(answer.ok, await answer.text()).toBe(true)
  await until('the metrics can be read', visibleMs, async () => {
    const found = await fetch(`${stand.url}/api/v1/query?query=count(hits_total)`)
    const { data } = (await found.json()) as { data: { result: { value: [number, string] }[] } }
    return data.result[0]?.value[1] === '3' ? true : null
  })
}

const query = (...lines: string[]) => `/default/metrics?${lines.map((one) => `e=${encodeURIComponent(one)}`).join('&')}`

/** The editor of a line, ready to be typed into. */
async function editorOf(page: Page, name: string) {
  const field = page.locator('.monaco-editor').getByRole('textbox', { name })
  await field.waitFor({ state: 'attached' })
  return field
}
const shownText = async (page: Page) =>
  ((await page.locator('.monaco-editor .view-lines').first().textContent()) ?? '').replaceAll('\u00a0', ' ').trim()

inBrowser('metrics', { prepare: sendMetrics }, (has) => {
  describe('the explorer of metrics', () => {
    it('shows every metric without a query, and narrows by words, type and prefix', async () => {
      const page = await has.opener.open('/default/metrics')
      for (const name of ['hits_total', 'pool_used', 'wait_seconds']) await page.getByRole('link', { name }).waitFor()
      await page.getByRole('img', { name: /^pool_used, mean: mean, 95 throughout/ }).waitFor()
      await page.getByRole('img', { name: /^wait_seconds, p95: p95, 3\.7 s throughout/ }).waitFor()
      await page.keyboard.press('/')
      await page.keyboard.type('connections')
      await page.getByRole('link', { name: 'hits_total' }).waitFor({ state: 'detached' })
      await page.waitForURL((url) => url.search === '?q=connections')
      await page.getByRole('searchbox', { name: /Find a metric/ }).fill('')
      await page.getByRole('button', { name: /^counter/ }).click()
      await page.getByRole('link', { name: 'pool_used' }).waitFor({ state: 'detached' })
      await page.reload()
      await page.getByRole('button', { name: /^counter/, pressed: true }).waitFor()
      await page.getByRole('link', { name: 'hits_total' }).waitFor()
      await page.goBack()
      await page.getByRole('link', { name: 'pool_used' }).waitFor()
      await page.context().close()
    })

    it('tells cardinality, and leads to one metric and what its series differ in', async () => {
      const page = await has.opener.open('/default/metrics?view=table')
      const grid = page.getByRole('grid', { name: 'Metrics' })
      await grid.getByRole('row', { name: /wait_seconds histogram seconds/ }).waitFor()
      await grid.getByRole('link', { name: 'hits_total' }).click()
      await page.getByRole('heading', { level: 1, name: 'hits_total' }).waitFor()
      await page.getByText('Requests answered').waitFor()
      await page.getByRole('navigation', { name: 'Labels' }).getByRole('button', { name: /^code/ }).click()
      const values = page.getByRole('region', { name: 'Values of code' })
      await values.getByRole('row', { name: /^500 0\.\d+ \/s 0\.\d+ \/s 1 33\.3 %$/ }).waitFor()
      expect(new URL(page.url()).search).toBe('?group=code')
      await values.getByRole('link', { name: '500' }).click()
      await page.waitForURL(/\?e=A:sum\(rate\(hits_total%7Bcode%3D%22500%22%7D/)
      await page.context().close()
    })

    it('says how many samples a chart looked at, and what the list of labels took', async () => {
      const page = await has.opener.open('/default/metrics/hits_total')
      await page
        .getByText(/^[\d,.]+( k)? samples · /)
        .first()
        .waitFor()
      await page.getByRole('region', { name: 'By label' }).locator(':scope > .panel-foot .cost').waitFor()
      await page.context().close()
    })

    it('keeps to the scope filters', async () => {
      const page = await has.opener.open('/default/metrics?f=service:gateway')
      await page.getByRole('link', { name: 'hits_total' }).waitFor()
      expect(await page.getByRole('link', { name: 'pool_used' }).count()).toBe(0)
      await page.getByText('per second · counter · 1 series').waitFor()
      await page.context().close()
    })

    it('names the nearest metric where one is not there', async () => {
      const page = await has.opener.open('/default/metrics/pool_use')
      await page.getByRole('link', { name: 'pool_used' }).click()
      await page.getByRole('heading', { level: 1, name: 'pool_used' }).waitFor()
      await page.context().close()
    })
  })

  describe('the query page', () => {
    it('loads the editor when one opens, completes from language and data, and runs with Ctrl and Enter', async () => {
      const page = await has.opener.open('/default/metrics')
      const scripts: string[] = []
      page.on('request', (request) => scripts.push(request.url()))
      await page.getByRole('link', { name: 'hits_total' }).waitFor()
      const isEditor = (url: string) => /\/assets\/promql-editor-.*\.js$/.test(url)
      expect(scripts.filter(isEditor)).toEqual([])
      await page.getByRole('link', { name: 'Write a query' }).click()
      await editorOf(page, 'Query A')
      expect(scripts.filter(isEditor)).toHaveLength(1)
      const choices = page.locator('.suggest-widget.visible')
      await page.keyboard.type('histogram_quan')
      await choices.getByText('histogram_quantile', { exact: true }).first().waitFor()
      await page.keyboard.press('Escape')
      for (let at = 0; at < 'histogram_quan'.length; at += 1) await page.keyboard.press('Backspace')
      await page.keyboard.type('hits_t')
      await choices.getByText('hits_total').first().waitFor()
      await page.keyboard.press('Enter')
      await page.keyboard.type('{c')
      await choices.getByText('code').first().waitFor()
      await page.keyboard.press('Enter')
      await page.keyboard.type('="5')
      await choices.getByText('500').first().waitFor()
      await page.keyboard.press('Enter')
      await until('the choice is written', visibleMs, async () =>
        (await shownText(page)) === 'hits_total{code="500"}' ? true : null,
      )
      await page.keyboard.press('Control+Enter')
      await page.waitForURL((url) => url.searchParams.get('e') === 'A:hits_total{code="500"}')
      await page.getByRole('img', { name: /^Result: hits_total/ }).waitFor()
      await page.getByText(/^1 series · \d+ samples read · .* · .*s$/).waitFor()
      await page.context().close()
    })

    it('helps where the pointer rests', async () => {
      const page = await has.opener.open(query('A:rate(hits_total[5m])'))
      await editorOf(page, 'Query A')
      const help = page.locator('.monaco-hover')
      await page.locator('.view-line').getByText('rate').hover()
      await help.getByText('Per-second increase of a counter over the range.').waitFor()
      await page.locator('.view-line').getByText('hits_total').hover()
      await help.getByText('Requests answered').waitFor()
      await page.context().close()
    })

    it('shows a fault at its place and mends it; an unknown metric has its nearest', async () => {
      const page = await has.opener.open(query('A:sum by (code) (rat(hits_total[5m]))', 'B:pool_usd'))
      await editorOf(page, 'Query A')
      await page.getByText('Unknown function with name "rat" at 16.').waitFor()
      const squiggle = page.locator('.monaco-editor .squiggly-error').first()
      const word = page.locator('.view-line').first().getByText('rat', { exact: true })
      const [mark, place] = [(await squiggle.boundingBox())!, (await word.boundingBox())!]
      expect(Math.abs(mark.x - place.x)).toBeLessThan(4)
      await page.getByRole('button', { name: 'Use rate' }).click()
      await page.waitForURL((url) => url.searchParams.get('e') === 'A:sum by (code) (rate(hits_total[5m]))')
      await page.getByText('No metric named pool_usd in this range.').waitFor()
      await page.getByRole('button', { name: 'pool_used' }).click()
      await page.getByText(/^2 series ·/).waitFor()
      await page.getByText(/^1 series ·/).waitFor()
      await page.context().close()
    })

    it('checks what is typed before it is run', async () => {
      const page = await has.opener.open(query('A:pool_used'))
      const field = await editorOf(page, 'Query A')
      await field.focus()
      await page.keyboard.press('Control+End')
      await page.keyboard.type(' +')
      await page.getByText(/Unexpected end of input at 1\d\./).waitFor()
      await page.getByText('not run yet').waitFor()
      expect(new URL(page.url()).searchParams.get('e')).toBe('A:pool_used')
      await page.context().close()
    })

    it('keeps queries, formulas and views in the address: reload and back restore them', async () => {
      const page = await has.opener.open(
        query('A:sum(rate(hits_total{code="500"}[5m]))', 'B:sum(rate(hits_total[5m]))'),
      )
      await editorOf(page, 'Query B')
      await page.getByRole('button', { name: 'Formula', exact: true }).click()
      await editorOf(page, 'Formula C')
      await page.keyboard.type('A / B * 100')
      await page.keyboard.press('Control+Enter')
      await page.waitForURL((url) => url.searchParams.getAll('e')[2] === 'C=A / B * 100')
      await page.getByRole('button', { name: /A \/ B \* 100 16\.7/ }).waitFor()
      await page.getByRole('button', { name: 'Do not draw A' }).click()
      await page.getByRole('combobox', { name: 'Unit' }).selectOption('percent100')
      await page.getByRole('button', { name: /A \/ B \* 100 16\.7 %/ }).waitFor()
      await page.getByRole('button', { name: 'Table', exact: true }).click()
      const table = page.getByRole('grid', { name: 'Series' })
      await table.getByRole('row', { name: /16\.7 %/ }).waitFor()
      const address = page.url()
      expect(address).toMatch(/e=-A:sum.*&e=B:sum.*&e=C%3DA%20\/%20B%20\*%20100&view=table&unit=percent100$/)
      await page.reload()
      await table.getByRole('row', { name: /16\.7 %/ }).waitFor()
      expect(page.url()).toBe(address)
      await page.goBack()
      await page.getByRole('img', { name: /^Result:/ }).waitFor()
      await page.goBack()
      await page.goBack()
      await page.getByRole('button', { name: 'Do not draw A' }).waitFor()
      await page.goBack()
      await page.waitForURL((url) => url.searchParams.getAll('e')[2] === 'C=')
      expect(await shownText(page)).toBe('sum(rate(hits_total{code="500"}[5m]))')
      await page.context().close()
    })

    it('draws only one series on a click, hides by the swatch, and gives all of them as CSV', async () => {
      const page = await has.opener.open(
        query('A:label_replace(vector(1) or pool_used, "n", "$1", "job", "(.*)")', 'B:hits_total'),
      )
      const legend = page.locator('.legend')
      await legend.getByRole('button').first().waitFor()
      await legend.getByRole('button', { name: /code=500/ }).waitFor()
      expect(await legend.getByRole('button').count()).toBe(5)
      await legend.getByRole('button', { name: /code=500/ }).click()
      await page.waitForURL(/sel=B%20code%3D500/)
      await page.getByRole('img', { name: /^Result: B code=500, [^;]*$/ }).waitFor()
      const loading = page.waitForEvent('download')
      await page.getByRole('button', { name: 'CSV' }).click()
      const file = await loading
      expect(file.suggestedFilename()).toBe('metrics.csv')
      const [head, ...rows] = readFileSync(await file.path(), 'utf8')
        .trim()
        .split('\r\n')
      expect(head.split(',')[0]).toBe('time')
      expect(head).toContain('B code=500')
      expect(rows.length).toBeGreaterThan(200)
      await page.context().close()
    })

    it('keeps what is typed and not run over a reload, and forgets it when it is run', async () => {
      const page = await has.opener.open(query('A:hits_total'))
      const field = await editorOf(page, 'Query A')
      await field.focus()
      await page.keyboard.press('End')
      await page.keyboard.type(' * 2', { delay: 20 })
      await page.waitForURL(/d=A:hits_total/)
      await page.reload()
      await editorOf(page, 'Query A')
      await expect.poll(() => shownText(page)).toBe('hits_total * 2')
      await page.getByText('not run yet').waitFor()
      await page.getByRole('button', { name: /^Run/ }).click()
      await page.waitForURL((url) => !url.search.includes('d=') && url.search.includes('*'))
      await page.goBack()
      await page.getByText('not run yet').waitFor()
      await page.context().close()
    })

    it('says on a phone that the editor has more on a larger screen', async () => {
      const page = await has.opener.open(query('A:hits_total'), { width: 375 })
      await page.getByText('open on a larger screen').waitFor()
      await page.getByRole('textbox', { name: 'Query A' }).fill('hits_total * 3')
      await page.waitForURL(/d=A:hits_total/)
      await page.reload()
      expect(await page.getByRole('textbox', { name: 'Query A' }).inputValue()).toBe('hits_total * 3')
      await page.context().close()
    })

    it('keeps what is typed before the editor is there', async () => {
      const page = await has.opener.open('/default/data')
      let release = () => {}
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      await page.route(/promql-editor-.*\.js$/, async (route) => {
        await held
        await route.continue()
      })
      await page.goto(has.stand.url + query('A:'))
      await page.locator('textarea.plain').fill('pool_used')
      release()
      await editorOf(page, 'Query A')
      expect(await shownText(page)).toBe('pool_used')
      await page.keyboard.type(' * 2')
      await page.keyboard.press('Control+Enter')
      await page.waitForURL((url) => url.searchParams.get('e') === 'A:pool_used * 2')
      await page.getByRole('img', { name: /^Result: pool_used \* 2, 190 throughout/ }).waitFor()
      await page.context().close()
    })

    it('opens the trace of an exemplar beside the chart', async () => {
      const from = new Date(nowMs - 15 * 60_000).toISOString()
      const to = new Date(nowMs).toISOString()
      const line = 'A:histogram_quantile(0.5, sum by (le) (rate(wait_seconds_bucket[5m])))'
      const page = await has.opener.open(`${query(line)}&from=${from}&to=${to}`)
      const chart = page.getByRole('img', { name: /^Result:/ })
      await chart.waitFor()
      await page.waitForLoadState('networkidle')
      const box = (await chart.boundingBox())!
      // The axis goes from 0 to 3 s, because the exemplars are higher than the line; gutter, edges and axis of the chart.
      const x = (ms: number) => box.x + 52 + ((ms - (nowMs - 15 * 60_000)) / (15 * 60_000)) * (box.width - 52 - 16)
      await page.mouse.click(x(nowMs - 40 * everyS * 1000), box.y + 8)
      const side = page.getByRole('complementary', { name: `Trace ${traceId}` })
      await side.getByText('POST /api/checkout').first().waitFor()
      expect(page.url()).toContain(`panel=trace:${traceId}`)
      await side.getByRole('link', { name: 'Open the trace' }).click()
      await page.getByRole('treegrid').waitFor()
      await page.context().close()
    })
  })

  describe('metrics for everyone', () => {
    it.each([
      ['/default/metrics', 'light', 'Charts'],
      ['/default/metrics', 'dark', 'Charts'],
      ['/default/metrics?view=table', 'light', 'Cardinality'],
      ['/default/metrics/hits_total?group=code', 'light', 'Open as a query'],
      ['/default/metrics/wait_seconds', 'dark', 'Open as a query'],
      [query('A:hits_total', 'B:rat(x)'), 'light', 'CSV'],
      [query('A:hits_total', 'B=A / 2'), 'dark', 'CSV'],
      [`${query('A:{__name__=~"hits_total|pool_used|wait.*"}')}&view=table`, 'dark', 'CSV'],
    ] as const)('%s has no findings of axe in the %s theme', async (path, theme, words) => {
      const page = await has.opener.open(path, { theme })
      await page.getByText(words).first().waitFor()
      await page.waitForLoadState('networkidle')
      if (path.includes('e=')) await editorOf(page, 'Query A')
      expect(await axeFindings(page)).toEqual([])
      await page.context().close()
    })

    it.each(['/default/metrics', '/default/metrics?view=table', '/default/metrics/hits_total', query('A:hits_total')])(
      '%s is not wider than a phone',
      async (path) => {
        const page = await has.opener.open(path, { width: 375 })
        await page.locator('main').waitFor()
        await page.waitForLoadState('networkidle')
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
        const wider =
          '(() => { const main = document.querySelector("main"); return main.scrollWidth - main.clientWidth })()'
        expect(await page.evaluate(wider)).toBe(0)
        await page.context().close()
      },
    )
  })
})
