const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\v', '\\v'],
])

/**
 * Text in double quotes as Go's %q writes it. Bytes that were no UTF-8 are held as lone surrogates U+DC80..U+DCFF
 * (see parse/string-literal.ts) and come out as `\xNN`.
 */
export function goQuote(text: string): string {
  let quoted = '"'
  for (const char of text) {
    const code = char.codePointAt(0) as number
    if (code >= 0xdc80 && code <= 0xdcff) quoted += `\\x${(code - 0xdc00).toString(16)}`
    else if (char === '"' || char === '\\') quoted += `\\${char}`
    else if (char === '\n') quoted += '\\n'
    else if (char === '\t') quoted += '\\t'
    else if (char === '\r') quoted += '\\r'
    else if (shortEscapes.has(char)) quoted += shortEscapes.get(char)
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, '0')}`
    else quoted += char
  }
  return `${quoted}"`
}
