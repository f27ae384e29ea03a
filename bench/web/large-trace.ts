import type { Browser, Page } from 'playwright-core'
import { sendBigTrace } from '../../test/browser/big-trace.ts'
import { type Figure, figure } from './figures.ts'
import { openPage, type Place, untilShown } from './screens.ts'

/** Spans of each trace. */
const spans = 100_000
/** Traces that are opened for the first time, and one more that only loads the code of the screen. */
const mostTraces = 5
/** A line of the waterfall with its bar. */
const line = '.wf-row .wf-bar'
/** One trace is as far from the next, ms: a store that keeps rows by time has them apart, as it would have. */
const apartMs = 420_000
/** Pixels that a wheel moves the lines in a second: 200 lines. */
const scrollPxPerS = 5600
const scrollS = 6
/** The time that a browser has for a frame at 60 a second, ms. */
const frameMs = 16.7

/** Sends as many large traces as `rounds` open; returns their ids and the number of their spans. */
export async function sendLargeTraces(url: string, rounds: number): Promise<{ ids: string[]; spans: number }> {
  const ids = Array.from({ length: Math.min(rounds, mostTraces) + 1 }, (_, at) => `b16${at}`.padEnd(32, 'a'))
  for (const [at, traceId] of ids.entries())
    await sendBigTrace(url, { traceId, spans, startMs: Date.now() - (at + 1) * apartMs })
  return { ids, spans: ids.length * spans }
}

/** From the request of the page to the first lines with their bars: each trace for the first time, then again. */
export async function largeTraces(place: Place, [first, ...ids]: readonly string[]): Promise<Figure[]> {
  const page = await openPage(place, `traces/${first}`)
  await untilShown(page, line)
  const open = async (id: string) => {
    await page.goto(`${place.url}/default/traces/${id}`, { waitUntil: 'commit' })
    return untilShown(page, line)
  }
  const cold: number[] = []
  const warm: number[] = []
  for (const id of ids) {
    cold.push(await open(id))
    await page.waitForLoadState('networkidle')
    warm.push(await open(id))
    await page.waitForLoadState('networkidle')
  }
  const scrolled = await scrolling(place.browser, page)
  await page.context().close()
  const words = `a trace of ${spans.toLocaleString('en-US')} spans`
  return [
    figure(`${words}: first lines, asked for the first time`, { most: 1000, unit: 'ms', values: cold }),
    figure(`${words}: first lines, asked again`, { most: 1000, unit: 'ms', values: warm }),
    ...scrolled,
  ]
}

/**
 * What the main thread does while a wheel turns. Of each task the processor's time counts, which no other program of
 * the machine adds to: a frame's events, script, style, layout and painting are one task. Frames in time are those of
 * the page's clock, and include all that the machine does besides.
 */
async function scrolling(browser: Browser, page: Page): Promise<Figure[]> {
  const box = (await page.locator('.wf-rows').first().boundingBox())!
  const devtools = await page.context().newCDPSession(page)
  await page.evaluate(`(() => {
    window.framesSeen = []
    let before = performance.now()
    const look = (now) => {
      window.framesSeen.push(now - before)
      before = now
      window.frameLook = requestAnimationFrame(look)
    }
    window.frameLook = requestAnimationFrame(look)
  })()`)
  await browser.startTracing(page, { categories: traced })
  await devtools.send('Input.synthesizeScrollGesture', {
    ...{ x: box.x + box.width / 2, y: box.y + box.height / 2, yDistance: -scrollPxPerS * scrollS },
    ...{ speed: scrollPxPerS, gestureSourceType: 'mouse' },
  })
  const tasks = tasksOf(JSON.parse((await browser.stopTracing()).toString()) as Trace)
  const stop = '(() => { cancelAnimationFrame(window.frameLook); return window.framesSeen })()'
  const seen = (await page.evaluate(stop)) as number[]
  const late = seen.filter((ms) => ms > frameMs * 1.5).length / seen.length
  const drawing = tasks.filter((ms) => ms > leastMs)
  return [
    figure('scrolling it: main thread a frame', { most: frameMs, unit: 'ms', values: drawing }),
    figure('scrolling it: longest task', { most: frameMs, unit: 'ms', values: [Math.max(...tasks)] }),
    figure('scrolling it: frames later than their time', { most: 5, unit: '%', values: [late * 100] }),
  ]
}

/** A task below it draws nothing: timers, messages of the browser to itself, ms. */
const leastMs = 1
const traced = ['disabled-by-default-devtools.timeline', 'devtools.timeline', '__metadata']

interface Trace {
  readonly traceEvents: readonly {
    readonly name: string
    readonly pid: number
    readonly tid: number
    readonly tdur?: number
    readonly args: { readonly name?: string }
  }[]
}

/** Milliseconds of the processor for every task of the thread that did most in the processes that draw pages. */
function tasksOf({ traceEvents }: Trace): number[] {
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  )
  const byThread = new Map<string, number[]>()
  for (const { name, pid, tid, tdur } of traceEvents) {
    const thread = `${pid} ${tid}`
    if (name !== 'RunTask' || tdur === undefined || !main.has(thread)) continue
    const tasks = byThread.get(thread) ?? []
    byThread.set(thread, tasks)
    tasks.push(tdur / 1000)
  }
  const sum = (tasks: readonly number[]) => tasks.reduce((all, ms) => all + ms, 0)
  return [...byThread.values()].sort((a, b) => sum(b) - sum(a))[0] ?? []
}
