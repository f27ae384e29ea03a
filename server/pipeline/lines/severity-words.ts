import { isLetter, type Line, space } from './line.ts'

/** OTLP severity numbers of the words that loggers write. Source: OpenTelemetry logs data model, appendix B. */
const words: readonly (readonly [number: number, ...words: string[]])[] = [
  [1, 'trace', 'trc', 'finest', 'verbose', 'silly', 'trace1', 'trace2', 'trace3', 'trace4', 'trace5', 'trace6'],
  [3, 'finer'],
  [5, 'debug', 'dbg', 'dbug', 'fine', 'debug1', 'debug2', 'debug3', 'debug4', 'debug5'],
  [8, 'config'],
  [9, 'info', 'inf', 'information', 'informational', 'log', 'success'],
  [10, 'notice'],
  [13, 'warn', 'wrn', 'warning'],
  [17, 'error', 'err', 'eror', 'severe', 'failure'],
  [21, 'fatal', 'ftl', 'critical', 'crit', 'alert', 'panic', 'pnc', 'dpanic', 'emergency', 'emerg'],
]

const longestWord = 13

/** By length: words in bytes with their number. */
const byLength: { readonly number: number; readonly bytes: Uint8Array }[][] = Array.from(
  { length: longestWord + 1 },
  () => [],
)
for (const [number, ...texts] of words)
  for (const text of texts) byLength[text.length].push({ number, bytes: new TextEncoder().encode(text) })

/** OTLP severity number of the word `bytes[from .. to)` in any case; 0 where it is none. */
export function severityOf(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from
  if (length < 3 || length > longestWord) return 0
  const candidates = byLength[length]
  for (let i = 0; i < candidates.length; i++) {
    const word = candidates[i].bytes
    let k = 0
    // Setting the case bit leaves digits as they are.
    while (k < length && (bytes[from + k] | 0x20) === word[k]) k++
    if (k === length) return candidates[i].number
  }
  return 0
}

/** How far into a line of no known form a severity is looked for, bytes. */
const searchedBytes = 96

/**
 * Severity of a line of no known form: the first word that is one and stands out, by capitals (`ERROR`), by brackets
 * (`[error]`, `<warn>`) or by a colon after it (`error:`). The word is then the range taken. 0 where there is none.
 */
export function findSeverity(line: Line): number {
  const { bytes, start } = line
  const end = Math.min(line.end, start + searchedBytes)
  for (let at = start; at < end; at++) {
    if (!isLetter(bytes[at])) continue
    let to = at + 1
    while (to < line.end && to - at <= longestWord && isLetter(bytes[to])) to++
    // Most words are in small letters with a blank after them: no look at them is needed.
    const mayStandOut = bytes[at] < 0x61 || (to < line.end && bytes[to] !== space)
    const number = mayStandOut ? severityOf(bytes, at, to) : 0
    if (number !== 0 && standsOut(line, at, to)) {
      line.from = at
      line.to = to
      return number
    }
    while (to < end && isWordByte(bytes[to])) to++
    at = to
  }
  return 0
}

function standsOut({ bytes, start, end }: Line, at: number, to: number): boolean {
  const before = at > start ? bytes[at - 1] : 0x20
  const after = to < end ? bytes[to] : 0x20
  if (before === 0x5b && after === 0x5d) return true
  if (before === 0x3c && after === 0x3e) return true
  if (isWordByte(before) || isWordByte(after) || after === 0x2e || before === 0x2e) return false
  if (after === 0x3a) return true
  for (let i = at; i < to; i++) if ((bytes[i] & 0x20) !== 0) return false
  return after !== 0x3d
}

function isWordByte(byte: number): boolean {
  return isLetter(byte) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f || byte === 0x2d || byte >= 0x80
}
