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
  const skeletons: number[] = []
  const rows: number[] = []
  for (let round = 0; round <= place.rounds; round += 1)
    for (const { word, rows: selector } of screens) {
      const clickedMs = await clickOn(page, word)
      const skeletonMs = await untilShown(page, 'main.page')
      const titledMs = await untilTitled(page, word)
      const rowsMs = await untilShown(page, selector)
      // The first round loads the code of each screen.
      if (round > 0) {
        skeletons.push(Math.max(skeletonMs, titledMs) - clickedMs)
        rows.push(rowsMs - clickedMs)
      }
      // Answers count as new for ten seconds: what is measured is asking, not remembering.
      await page.getByRole('button', { name: 'Ask again' }).click()
      await page.waitForTimeout(300)
    }
  await page.context().close()
  const sorted = [...rows].sort((a, b) => a - b)
  return [
    figure('route change to skeleton', { most: 100, unit: 'ms', values: skeletons }),
    figure('route change to first rows, median', { most: 300, unit: 'ms', values: [quantile(sorted, 0.5)] }),
    figure('route change to first rows, p95', { most: 1000, unit: 'ms', values: [quantile(sorted, 0.95)] }),
  ]
}

async function clickOn(page: Page, word: string): Promise<number> {
  return (await page.evaluate(
    `(() => {
      const link = [...document.querySelectorAll('nav a')].find((one) => one.textContent.trim() === ${JSON.stringify(word)})
      const at = performance.now()
      link.click()
      return at
    })()`,
  )) as number
}

function untilTitled(page: Page, word: string): Promise<number> {
  return page.evaluate(
    `new Promise((resolve) => {
      const look = () => document.querySelector('h1')?.textContent === ${JSON.stringify(word)}
        ? resolve(performance.now()) : requestAnimationFrame(look)
      look()
    })`,
  ) as Promise<number>
}
