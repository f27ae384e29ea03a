import type { CDPSession, Page } from 'playwright-core'
import { type Figure, figure } from './figures.ts'
import { openPage, type Place } from './screens.ts'

const query = 'sum by (service_name) (rate(bench_gauge_1{service_name=~"cart|payment"}[5m])) / 100'

/** The longest task of the main thread while a query is typed with completion. */
export async function typing(place: Place): Promise<Figure> {
  const page = await openPage(place, 'metrics?e=A:bench_gauge_1&from=now-1h&to=now')
  await page.locator('.monaco-editor').waitFor()
  await page.waitForTimeout(3000)
  const longest: number[] = []
  for (let round = 0; round < Math.min(place.rounds, 5); round += 1) {
    await page.locator('.monaco-editor').click()
    await page.keyboard.press('Control+a')
    await page.keyboard.press('Delete')
    await page.waitForTimeout(800)
    await watchTasks(page)
    await page.keyboard.type(query, { delay: 60 })
    await page.waitForTimeout(1000)
    const tasks = await tasksSeen(page)
    // The first time each completion is made its code is compiled.
    if (round > 0 || place.rounds === 1) longest.push(Math.max(0, ...tasks))
  }
  await page.context().close()
  return figure('longest task while typing a query (0: none over 50)', { most: 50, unit: 'ms', values: longest })
}

/** Collects tasks of more than 50 ms, the shortest that browsers tell of. */
async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(`(() => {
    window.longTasks = []
    window.longTaskObserver?.disconnect()
    window.longTaskObserver = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longTasks.push(duration)
    })
    window.longTaskObserver.observe({ type: 'longtask' })
  })()`)
}

async function tasksSeen(page: Page): Promise<number[]> {
  return (await page.evaluate('window.longTasks')) as number[]
}

/**
 * What a refresh of 24 panels with five series of 300 points each takes of the main thread: time of the processor, to
 * which other programs of the machine add nothing.
 */
export async function panelRefresh(place: Place): Promise<Figure> {
  const page = await openPage(place, 'gallery?view=panels')
  const refresh = page.getByRole('button', { name: 'Refresh' })
  await refresh.waitFor()
  await page.waitForTimeout(2000)
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const times: number[] = []
  for (let round = 0; round <= place.rounds + 3; round += 1) {
    const before = await busyMs(devtools)
    await page.evaluate(
      `(() => [...document.querySelectorAll('button')].find((one) => one.textContent === 'Refresh').click())()`,
    )
    await page.waitForTimeout(400)
    if (round > 3) times.push((await busyMs(devtools)) - before)
  }
  await page.context().close()
  return figure('24 panels of 5 × 300 points refreshed, main thread', { most: 30, unit: 'ms', values: times })
}

async function busyMs(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics')
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
}
