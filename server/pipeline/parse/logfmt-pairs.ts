import { pipelineBounds } from '../record/bounds.ts'
import type { FoundAttributes } from './parsed-fields.ts'

const blank = 0x20
const equals = 0x3d
const quote = 0x22
const backslash = 0x5c

/**
 * Reads `key=value` pairs parted by blanks. A value in double quotes may hold blanks, and escapes as in JSON; one whose
 * quotes are not closed is taken as it stands. Words without `=` are passed over. Never fails; one pass.
 */
export function readLogfmt(text: string, into: FoundAttributes): void {
  let at = 0
  while (at < text.length && into.count <= pipelineBounds.attributesPerLine) {
    while (at < text.length && text.charCodeAt(at) <= blank) at++
    const start = at
    while (at < text.length && text.charCodeAt(at) > blank && text.charCodeAt(at) !== equals) at++
    if (text.charCodeAt(at) !== equals) continue
    const key = text.slice(start, at)
    at++
    const from = at
    const closing = text.charCodeAt(at) === quote ? closingQuote(text, at) : -1
    if (closing !== -1) at = closing + 1
    else while (at < text.length && text.charCodeAt(at) > blank) at++
    if (key === '') continue
    into.add(key, 's', closing === -1 ? text.slice(from, at) : unescaped(text.slice(from + 1, closing)))
  }
}

/** Where the quotes opened at `at` are closed by a quote with a blank or the end behind it; -1: they are not. */
function closingQuote(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === backslash) i++
    else if (code === quote) return i + 1 === text.length || text.charCodeAt(i + 1) <= blank ? i : -1
  }
  return -1
}

function unescaped(inner: string): string {
  if (!inner.includes('\\')) return inner
  try {
    return JSON.parse(`"${inner}"`) as string
  } catch {
    return inner
  }
}
