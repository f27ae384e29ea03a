const units: readonly (readonly [name: string, ms: number, onlyWhole: boolean])[] = [
  ['y', 31_536_000_000, true],
  ['w', 604_800_000, true],
  ['d', 86_400_000, false],
  ['h', 3_600_000, false],
  ['m', 60_000, false],
  ['s', 1000, false],
  ['ms', 1, false],
]

const pattern = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/

/** Milliseconds of a duration as Prometheus writes it (`1m30s`, `500ms`, `0`), null where it is none. Source: model.ParseDuration. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0
  const match = text === '' ? null : pattern.exec(text)
  if (match === null) return null
  return units.reduce((sum, [, ms], i) => sum + ms * Number(match[i + 1] ?? 0), 0)
}

/** As Prometheus shows a duration: years and weeks only where nothing is left over. Source: model.Duration.String. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  let rest = ms
  let text = ''
  for (const [name, size, onlyWhole] of units) {
    if (onlyWhole && rest % size !== 0) continue
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${name}`
    rest -= count * size
  }
  return text
}
