import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findChromium, openBrowser } from '../test/browser/chromium.ts'

/** `node tools/screenshots.ts URL [TENANT] [FOLDER]`: pictures of the screens of a running server, for docs/images. */
const [url, tenant = 'demo-shop', out = '../docs/images'] = process.argv.slice(2)
const range = 'from=now-30m&to=now'
const slowest = await slowestCheckout()
const screens = {
  home: `home?${range}`,
  services: `services?${range}`,
  service: `services/checkout?${range}`,
  metrics: `metrics?${range}`,
  metric: `metrics/http_server_request_duration_seconds?${range}`,
  query: `metrics?${range}&e=${encodeURIComponent('A:sum by (service_name) (rate(http_server_request_duration_seconds_count[1m]))')}`,
  data: 'data',
  traces: `traces?${range}&sel=${boxAround(slowest)}`,
  trace: `traces/${slowest?.trace_id ?? ''}?${range}`,
  span: `traces/${slowest?.trace_id ?? ''}?${range}&panel=span:${await culpritOf(slowest)}`,
} as const
const sizes = [
  [1440, 900],
  [375, 812],
] as const
/** For answers and charts, ms. */
const settleMs = 5000

const executable = findChromium()
if (url === undefined || executable === null) {
  console.error('expected the URL of a running server, and a Chromium on this machine')
  process.exit(1)
}
const folder = fileURLToPath(new URL(out, import.meta.url))
mkdirSync(folder, { recursive: true })
const browser = await openBrowser(executable)
for (const theme of ['light', 'dark'] as const)
  for (const [width, height] of sizes) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme })
    for (const [name, path] of Object.entries(screens)) {
      const page = await context.newPage()
      await page.goto(`${url}/${tenant}/${path}`)
      await page.waitForTimeout(settleMs)
      await page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`) })
      await page.close()
    }
    await context.close()
  }
await browser.close()

interface Found {
  readonly trace_id: string
  readonly start_time: string
  readonly duration: number
}

/** The slowest trace of the range with a span of checkout: what the pictures of traces are about. */
async function slowestCheckout(): Promise<Found | undefined> {
  if (url === undefined) return undefined
  const answer = await fetch(`${url}/api/traces/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-sightline-tenant': tenant },
    body: JSON.stringify({
      time_range: { relative: '30m' },
      filters: [{ field: 'service_name', operator: 'eq', value: 'checkout' }],
      order: 'slowest',
      limit: 1,
    }),
  })
  const { traces } = (await answer.json()) as { traces?: Found[] }
  return traces?.[0]
}

/** The span that the trace waited for most. */
async function culpritOf(trace: Found | undefined): Promise<string> {
  if (trace === undefined) return ''
  const headers = { 'x-sightline-tenant': tenant }
  const answer = await fetch(`${url}/api/traces/${trace.trace_id}/summary`, { headers })
  const { culprit } = (await answer.json()) as { culprit?: string | null }
  return culprit ?? ''
}

/** Four minutes around a trace, and all requests that took half as long or longer. */
function boxAround(trace: Found | undefined): string {
  if (trace === undefined) return ''
  const at = Math.round(Date.parse(trace.start_time) / 1000)
  return `box:${at - 120},${at + 120},${Math.round(trace.duration / 2000)}ms,`
}
