import { type Figure, figure } from './figures.ts'
import { openPage, type Place } from './screens.ts'
import { sendRequest } from './shop.ts'

/** From the acknowledgement of a span to the frame in which a live page shows it. */
export async function liveUpdates(place: Place): Promise<Figure> {
  const page = await openPage(place, 'services?from=now-15m&to=now&cmp=-range&q=live-')
  await page.getByRole('switch', { name: 'Live' }).click()
  await page.waitForTimeout(2000)
  const times: number[] = []
  for (let round = 0; round < place.rounds; round += 1) {
    const service = `live-${round}-${Date.now()}`
    const shown = page.evaluate(
      `new Promise((resolve) => {
        const look = () => document.body.textContent.includes(${JSON.stringify(service)})
          ? resolve(Date.now()) : requestAnimationFrame(look)
        look()
      })`,
    ) as Promise<number>
    await sendRequest(place.url, service)
    const acknowledgedMs = Date.now()
    times.push((await shown) - acknowledgedMs)
    await page.waitForTimeout(700)
  }
  await page.context().close()
  return figure('live update from ingest', { most: 1000, unit: 'ms', values: times })
}
