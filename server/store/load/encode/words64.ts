/** Writes a 64-bit number given as two words, low first; the position after it. */
export function writePair(bytes: Uint8Array, start: number, low: number, high: number): number {
  let at = start
  bytes[at++] = low
  bytes[at++] = low >>> 8
  bytes[at++] = low >>> 16
  bytes[at++] = low >>> 24
  bytes[at++] = high
  bytes[at++] = high >>> 8
  bytes[at++] = high >>> 16
  bytes[at++] = high >>> 24
  return at
}
