import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'

/** For answers on a machine that is busy with other tests, ms. */
const patienceMs = 20_000

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export interface Opened {
  readonly theme?: 'light' | 'dark'
  readonly width?: number
}

/** Opens pages of the app; errors in them and requests to any other host are collected as faults of the test. */
export class PageOpener {
  readonly faults: string[] = []
  private readonly browser: Browser
  private readonly url: string

  constructor(browser: Browser, url: string) {
    this.browser = browser
    this.url = url
  }

  async open(path: string, { theme = 'light', width = 1440 }: Opened = {}): Promise<Page> {
    const context = await this.browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: theme,
      timezoneId: 'Europe/Berlin',
    })
    const page = await context.newPage()
    page.setDefaultTimeout(patienceMs)
    page.on('pageerror', ({ message }) => this.faults.push(message))
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy|React|Warning/.test(message.text()))
        this.faults.push(message.text())
    })
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(this.url) && !url.startsWith('data:') && !url.startsWith('blob:'))
        this.faults.push(`asked for ${url}`)
    })
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== new URL(this.url).host) this.faults.push(`opened ${socket.url()}`)
    })
    await page.goto(this.url + path)
    return page
  }
}

/** What axe finds fault with, in words; nothing where all is well. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 240)}`),
  )
}
