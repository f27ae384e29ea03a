/**
 * The label name that a path segment means: names that are not plain arrive as `U__` with `_xx_` for a character by
 * its hexadecimal code point and `__` for an underscore. A segment that does not follow this is the name itself.
 * Source: prometheus/common model.UnescapeName, values encoding.
 */
export function unescapeLabelName(segment: string): string {
  if (!segment.startsWith('U__')) return segment
  const rest = segment.slice(3)
  let name = ''
  for (let at = 0; at < rest.length; ) {
    if (rest[at] !== '_') {
      name += rest[at]
      at += 1
    } else if (rest[at + 1] === '_') {
      name += '_'
      at += 2
    } else {
      const code = /^_([0-9a-fA-F]{1,6})_/.exec(rest.slice(at, at + 8))
      const point = code === null ? Number.NaN : Number.parseInt(code[1], 16)
      if (code === null || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return segment
      name += String.fromCodePoint(point)
      at += code[0].length
    }
  }
  return name
}
