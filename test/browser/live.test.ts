import type { Page, WebSocket } from 'playwright-core'
import { expect, it } from 'vitest'
import { inBrowser } from './in-browser.ts'
import type { Stand } from './stand.ts'

let sent = 0

/** Requests of a service that began a moment ago. */
async function sendSpans({ url }: Stand, service: string): Promise<void> {
  sent += 1
  const nano = (ms: number) => `${Date.now() - 2000 + ms}000000`
  const span = {
    traceId: (0x7000000 + sent).toString(16).padStart(32, '0'),
    spanId: (0x7000000 + sent).toString(16).padStart(16, '0'),
    ...{ name: 'GET /live', kind: 2, startTimeUnixNano: nano(0), endTimeUnixNano: nano(40) },
  }
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] }
  const answer = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  })
  expect(answer.ok, await answer.text()).toBe(true)
}

/** Counts requests of queries by HTTP from now on. */
function countAsked(page: Page): () => number {
  let count = 0
  page.on('request', (request) => {
    if (request.url().endsWith('/api/query')) count += 1
  })
  return () => count
}

async function goLive(page: Page): Promise<WebSocket> {
  const opened = page.waitForEvent('websocket')
  await page.getByRole('switch', { name: 'Live' }).click()
  return opened
}

inBrowser('a live page', {}, (has) => {
  it('asks over one socket and shows what arrives by itself, without a request by HTTP', async () => {
    const page = await has.opener.open('/default/services?cmp=-range')
    await page.getByRole('grid', { name: 'Services' }).getByText('payment').first().waitFor()
    const socket = await goLive(page)
    expect(new URL(socket.url()).host).toBe(new URL(has.stand.url).host)
    await socket.waitForEvent('framereceived')
    const asked = countAsked(page)
    await sendSpans(has.stand, 'newcomer')
    await page.getByRole('grid', { name: 'Services' }).getByText('newcomer').first().waitFor()
    expect(asked()).toBe(0)
    const closed = socket.waitForEvent('close')
    await page.getByRole('switch', { name: 'Live' }).click()
    await closed
    await page.context().close()
  })

  it('polls where there is no socket', async () => {
    const page = await has.opener.open('/default/services?cmp=-range')
    await page.routeWebSocket('**/api/live*', (socket) => socket.close())
    await page.reload()
    await page.getByRole('grid', { name: 'Services' }).getByText('payment').first().waitFor()
    const asked = countAsked(page)
    await page.getByRole('switch', { name: 'Live' }).click()
    await sendSpans(has.stand, 'latecomer')
    await page.getByRole('grid', { name: 'Services' }).getByText('latecomer').first().waitFor()
    expect(asked()).toBeGreaterThan(0)
    await page.context().close()
  })

  it('moves the charts and tables of a page on, and lets go of what was shown before', async () => {
    const page = await has.opener.open('/default/services/gateway')
    await page.getByRole('img', { name: /^Rate of gateway/ }).waitFor()
    const socket = await goLive(page)
    const frames: string[] = []
    socket.on('framesent', ({ payload }) => frames.push(String(payload)))
    await sendSpans(has.stand, 'gateway')
    await page.getByRole('region', { name: 'Endpoints' }).getByRole('link', { name: 'GET /live' }).waitFor()
    const asks = frames.filter((frame) => frame.startsWith('{"ask"')).length
    const ends = frames.filter((frame) => frame.startsWith('{"end"')).length
    // What was shown before is let go: open requests do not pile up.
    expect(asks - ends).toBeLessThan(20)
    await page.context().close()
  })

  it('opens its socket again where it breaks', async () => {
    const page = await has.opener.open('/default/services?cmp=-range')
    let opened = 0
    await page.routeWebSocket('**/api/live*', (socket) => {
      opened += 1
      if (opened > 1) socket.connectToServer()
      else setTimeout(() => socket.close({ code: 1011 }), 200)
    })
    await page.reload()
    await page.getByRole('grid', { name: 'Services' }).getByText('payment').first().waitFor()
    await page.getByRole('switch', { name: 'Live' }).click()
    await expect.poll(() => opened, { timeout: 20_000 }).toBeGreaterThan(1)
    await sendSpans(has.stand, 'returner')
    await page.getByRole('grid', { name: 'Services' }).getByText('returner').first().waitFor()
    await page.context().close()
  })
})
