import type { Buffer } from 'node:buffer'

const escapeByte = 0x1b

/**
 * Copies `[from, to)` to the start of `into` without ANSI escape sequences (`ESC [ … letter`, and `ESC` with one byte),
 * and returns how many bytes that made. `into` has room for them all. A sequence that is cut off is left out too.
 * Source: ECMA-48, section 5.4.
 */
export function copyWithoutAnsi(bytes: Buffer, { from, to }: { from: number; to: number }, into: Buffer): number {
  let size = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at]
    if (byte !== escapeByte) {
      into[size++] = byte
      continue
    }
    // An escape byte in place of the second one begins a sequence of its own.
    if (bytes[at + 1] === escapeByte) continue
    at++
    if (at >= to || bytes[at] !== 0x5b) continue
    // Parameters and intermediate bytes, then one final byte.
    at++
    while (at < to && bytes[at] >= 0x20 && bytes[at] < 0x40) at++
    // What ends no sequence belongs to the line.
    if (at < to && (bytes[at] < 0x40 || bytes[at] > 0x7e)) at--
  }
  return size
}
