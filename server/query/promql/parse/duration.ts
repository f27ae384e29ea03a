const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
}

const pattern = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?/
const units = ['y', 'w', 'd', 'h', 'm', 's', 'ms']

/** Longest duration, milliseconds: what fits an int64 of nanoseconds, as in Prometheus (about 292 years). */
export const maxDurationMs = 9_223_372_036_854

/** Length of the duration at the start of `text` (0: none) and its milliseconds. Units in falling order, each once. */
export function readDuration(text: string): { length: number; ms: number } {
  const found = pattern.exec(text)
  if (found === null || found[0] === '') return { length: 0, ms: 0 }
  let ms = 0
  units.forEach((unit, i) => {
    if (found[i + 1] !== undefined) ms += Number(found[i + 1]) * unitMs[unit]
  })
  return { length: found[0].length, ms }
}

/** A whole text as a duration in milliseconds, or null. `0` is a duration too. */
export function parseDurationMs(text: string): number | null {
  if (text === '0') return 0
  const { length, ms } = readDuration(text)
  return length === text.length && length > 0 && ms <= maxDurationMs ? ms : null
}

/** Milliseconds in the shortest form that reads back equal: `1h30m`, `500ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  let rest = Math.abs(ms)
  let text = ms < 0 ? '-' : ''
  const step = (unit: string, exactOnly: boolean) => {
    const size = unitMs[unit]
    if (exactOnly && rest % size !== 0) return
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  // Years and weeks only where they come out even: 90d reads better than 12w6d.
  step('y', true)
  step('w', true)
  step('d', false)
  step('h', false)
  step('m', false)
  step('s', false)
  step('ms', false)
  return text
}
