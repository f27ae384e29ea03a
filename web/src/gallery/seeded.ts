import type { ChartData, Series } from '../charts/series.ts'

/** A sequence of numbers from 0 to 1 that is the same each time. Source: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The hour that all charts of the gallery show: 23 November 2026, 12:20 to 13:20 UTC. */
const galleryEndMs = Date.UTC(2026, 10, 23, 13, 20)
const startMs = galleryEndMs - 3_600_000
const stepMs = 30_000
const times = Array.from({ length: 121 }, (_, at) => startMs + at * stepMs)
const gallerySpan = { fromMs: startMs, toMs: galleryEndMs }

/** A course around `level`, which rises to `later` in the middle where given. */
export function course(seed: number, level: number, later = level): number[] {
  const next = seeded(seed)
  return times.map((_, at) => {
    const rise = Math.min(Math.max((at - 55) / 12, 0), 1)
    return (level + (later - level) * rise) * (0.94 + next() * 0.12)
  })
}

const frame = { times, span: gallerySpan }

export const latency: ChartData = {
  ...frame,
  unit: 'ms',
  series: [
    { name: 'p50', values: course(1, 140, 1400), colour: 'q50' },
    { name: 'p95', values: course(2, 310, 2000), colour: 'q95' },
    { name: 'p99', values: course(3, 480, 3400), colour: 'q99' },
  ],
  thresholds: [{ value: 800, words: 'alert, 800 ms' }],
  deploys: [{ ms: startMs + 21 * 60_000, words: 'payment 2.14.0' }],
  firing: [{ fromMs: startMs + 38 * 60_000, toMs: galleryEndMs }],
  exemplars: [
    { ms: startMs + 44 * 60_000, value: 3300, traceId: '4f1c9a2b', hasError: true },
    { ms: startMs + 52 * 60_000, value: 2100, traceId: '5a1c9a2b', hasError: false },
  ],
}

export const withGap: ChartData = {
  ...frame,
  unit: 'rate',
  series: [
    { name: 'now', values: course(4, 40.8).map((value, at) => (at > 60 && at < 78 ? null : value)), colour: 's1' },
  ],
}

/** Its newest step has only begun, the line of the week before is whole. */
export const stillFilling: ChartData = {
  ...frame,
  times: times.filter((_, at) => at % 10 === 0),
  unit: 'rate',
  series: [
    { name: 'requests', values: everyTenth(course(6, 40.8)).with(-1, 12), colour: 's1', isFilled: true },
    { name: 'last week', values: everyTenth(course(7, 38)), colour: 's10', isDashed: true },
  ],
  fillingMs: galleryEndMs,
}

function everyTenth(values: readonly number[]): number[] {
  return values.filter((_, at) => at % 10 === 0)
}

const names = ['gateway', 'checkout', 'payment', 'cart', 'search', 'auth', 'inventory', 'shipping', 'web', 'orders']
export const tenSeries: ChartData = {
  ...frame,
  unit: 'count',
  series: names.map((name, at): Series => ({ name, values: course(20 + at, 10 + at * 9) })),
}

export const stackedBytes: ChartData = {
  ...frame,
  unit: 'bytes',
  isStacked: true,
  series: ['metrics', 'logs', 'spans'].map((name, at) => ({ name, values: course(40 + at, (at + 1) * 40_000_000) })),
}

export const nothing: ChartData = { ...frame, times: [], unit: 'count', series: [] }

export interface GalleryRow {
  readonly id: string
  readonly service: string
  readonly rate: number
  readonly p95: number
}

/** Ten thousand rows of a table. */
export const tableRows: readonly GalleryRow[] = (() => {
  const next = seeded(7)
  return Array.from({ length: 10_000 }, (_, at) => ({
    ...{ id: String(at), service: `${names[at % names.length]}-${at}` },
    ...{ rate: next() * 400, p95: next() * 3000 },
  }))
})()

/** Data of one of many panels after so many refreshes: five series of 300 points that move on by one each time. */
export function manyPoints(panel: number, refreshes: number): ChartData {
  const length = 300
  const endMs = galleryEndMs + refreshes * stepMs
  const next = seeded(panel * 7919 + refreshes)
  return {
    times: Array.from({ length }, (_, at) => endMs - (length - 1 - at) * stepMs),
    span: { fromMs: endMs - (length - 1) * stepMs, toMs: endMs },
    unit: 'ms',
    series: names.slice(0, 5).map((name, at) => ({
      name,
      values: Array.from({ length }, () => (at + 1) * 40 * (0.9 + next() * 0.2)),
    })),
  }
}
