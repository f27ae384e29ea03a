/** Value of a digit in hex by its byte; -1 for all else. */
const digits = new Int8Array(256).fill(-1)
for (let value = 0; value < 16; value++) {
  digits[value.toString(16).charCodeAt(0)] = value
  digits[value.toString(16).toUpperCase().charCodeAt(0)] = value
}

/**
 * Writes the id whose digits in hex are `source[start .. end)` to all of `id`, zeros on its left. The answer: 1, or 0 where
 * all of it is zero, or -1 where it has no digits, too many, or other characters among them (`id` is worth nothing then).
 */
export function readHexId(source: Uint8Array, start: number, end: number, id: Uint8Array): -1 | 0 | 1 {
  const count = end - start
  if (count < 1 || count > id.length * 2) return -1
  let all = 0
  let from = end
  for (let i = id.length - 1; i >= 0; i--) {
    const low = from > start ? digits[source[from - 1]] : 0
    const high = from - 1 > start ? digits[source[from - 2]] : 0
    if (low < 0 || high < 0) return -1
    id[i] = (high << 4) | low
    all |= id[i]
    from -= 2
  }
  return all === 0 ? 0 : 1
}
