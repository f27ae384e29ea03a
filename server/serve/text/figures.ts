/** Microseconds for people: `850µs`, `12ms`, `2.5s`, `3m 20s`. */
export function durationText(micros: number): string {
  if (micros < 1000) return `${Math.round(micros)}µs`
  const ms = micros / 1000
  if (ms < 999.5) return `${ms < 9.95 ? trimmed(ms, 1) : Math.round(ms)}ms`
  const seconds = ms / 1000
  if (seconds < 119.95) return `${trimmed(seconds, 1)}s`
  const minutes = Math.floor(Math.round(seconds) / 60)
  return `${minutes}m ${Math.round(seconds) - minutes * 60}s`
}

/** A share of 1 as percent: `0.5%`, `12%`, `0.03%`. */
export function percentText(ratio: number): string {
  const percent = ratio * 100
  if (percent === 0) return '0%'
  if (percent < 0.095) return `${Number(percent.toPrecision(1))}%`
  return `${trimmed(percent, 1)}%`
}

/** A number as short as it can be without misleading: at most one decimal place, units for large ones. */
export function numberText(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e9) return `${trimmed(value / 1e9, 1)}G`
  if (size >= 1e6) return `${trimmed(value / 1e6, 1)}M`
  if (size >= 1e4) return `${trimmed(value / 1e3, 1)}k`
  return size > 0 && size < 0.1 ? String(Number(value.toPrecision(1))) : trimmed(value, 1)
}

function trimmed(value: number, places: number): string {
  return value.toFixed(places).replace(/\.0+$/, '')
}

/**
 * Text of others made safe for a terminal: control characters, which could move the cursor or recolour it, are shown
 * as `\x1b`; line breaks become `lineBreak`.
 */
export function terminalText(text: string, lineBreak = ' '): string {
  return text
    .replaceAll(/\r?\n/g, '\n')
    .replaceAll(/[^\P{Cc}\n\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (char) => {
      const code = char.charCodeAt(0)
      return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
    })
    .replaceAll('\n', lineBreak)
}

/** One line of at most `length` characters. */
export function shortText(text: string, length: number): string {
  const line = terminalText(text).replaceAll(/\s+/g, ' ').trim()
  const characters = [...line]
  return characters.length <= length ? line : `${characters.slice(0, length - 1).join('')}…`
}
