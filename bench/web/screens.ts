import type { Browser, Page } from 'playwright-core'
import { type Figure, figure, quantile } from './figures.ts'

/** Where the measuring is done. */
export interface Place {
  readonly browser: Browser
  readonly url: string
  readonly rounds: number
}

const range = 'from=now-1h&to=now'

/** A screen, how to get there from the navigation, and what there is of it first and with rows. */
interface Screen {
  readonly word: string
  readonly path: string
  readonly rows: string
}

const screens: readonly Screen[] = [
  { word: 'Home', path: `home?${range}`, rows: '.what-changed .story, .what-changed .panel-foot' },
  { word: 'Services', path: `services?${range}`, rows: '[role=grid] [role=row] [role=gridcell]' },
  { word: 'Traces', path: `traces?${range}`, rows: '[role=grid] [role=row] [role=gridcell]' },
  { word: 'Metrics', path: `metrics?${range}`, rows: '.metric-tile' },
  { word: 'Data', path: `data?${range}`, rows: '.table tbody tr' },
]

export async function openPage({ browser, url }: Place, path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  await page.goto(`${url}/default/${path}`)
  await page.getByRole('navigation', { name: 'Main' }).waitFor()
  return page
}

/** Milliseconds, by the page's own clock, until something matches; asked at every frame. */
export function untilShown(page: Page, selector: string): Promise<number> {
  return page.evaluate(
    `new Promise((resolve) => {
      const look = () => document.querySelector(${JSON.stringify(selector)}) === null
        ? requestAnimationFrame(look) : resolve(performance.now())
      look()
    })`,
  ) as Promise<number>
}

/** From the request of the page to its frame with controls that work, files being in the browser's memory. */
export async function openings(place: Place): Promise<Figure[]> {
  const context = await place.browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  const times: number[] = []
  for (let round = 0; round <= place.rounds; round += 1) {
    await page.goto(`${place.url}/default/services?${range}`)
    const shownMs = await untilShown(page, 'nav a[href*="/services"]')
    if (round > 0) times.push(shownMs)
  }
  await context.close()
  return [figure('interactive, warm', { most: 1000, unit: 'ms', values: times })]
}

/** From a click on a screen to its frame, and to its first rows. */
export async function routeChanges(place: Place): Promise<Figure[]> {
  const page = await openPage(place, `data?${range}`)
  const changes: Changed[] = []
  for (let round = 0; round <= place.rounds; round += 1)
    for (const screen of screens) {
      const changed = await changeTo(page, screen)
      // The first round loads the code of each screen.
      if (round > 0) changes.push(changed)
      // Answers count as new for ten seconds: what is measured is asking, not remembering.
      await page.getByRole('button', { name: 'Ask again' }).click()
      await page.waitForTimeout(300)
    }
  await page.context().close()
  const rows = changes.map(({ rowsMs }) => rowsMs).sort((a, b) => a - b)
  return [
    figure('route change to skeleton', { most: 100, unit: 'ms', values: changes.map(({ skeletonMs }) => skeletonMs) }),
    figure('route change to first rows, median', { most: 300, unit: 'ms', values: [quantile(rows, 0.5)] }),
    figure('route change to first rows, p95', { most: 1000, unit: 'ms', values: [quantile(rows, 0.95)] }),
  ]
}

/** Milliseconds from the click, by the page's own clock. */
interface Changed {
  readonly skeletonMs: number
  readonly rowsMs: number
}

/** Clicks and looks within the page: what the machine takes to tell the browser what to do is no part of it. */
function changeTo(page: Page, { word, rows }: Screen): Promise<Changed> {
  return page.evaluate(
    `new Promise((resolve) => {
      const link = [...document.querySelectorAll('nav a')].find((one) => one.textContent.trim() === ${JSON.stringify(word)})
      const at = performance.now()
      link.click()
      let skeletonMs
      const look = () => {
        const isFramed = document.querySelector('h1')?.textContent === ${JSON.stringify(word)} &&
          document.querySelector('main.page') !== null
        if (isFramed) skeletonMs ??= performance.now() - at
        if (isFramed && document.querySelector(${JSON.stringify(rows)}) !== null)
          resolve({ skeletonMs, rowsMs: performance.now() - at })
        else requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    })`,
  ) as Promise<Changed>
}
