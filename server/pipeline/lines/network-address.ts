import type { Line } from './line.ts'
import type { FieldName, LineFields } from './line-fields.ts'

/** Reads `host:port`, `[v6]:port` or `host`, the range taken, into two attributes. */
export function readAddress(
  line: Line,
  fields: LineFields,
  { address, port }: { address: FieldName; port: FieldName },
): void {
  const { bytes, from, to } = line
  let colon = to - 1
  while (colon > from && bytes[colon] >= 0x30 && bytes[colon] <= 0x39) colon--
  // Two colons or more without brackets: an address of version 6 without port.
  const hasPort = colon > from && colon < to - 1 && bytes[colon] === 0x3a && !isBareVersion6(bytes, from, colon)
  const end = hasPort ? colon : to
  const isBracketed = end - from > 2 && bytes[from] === 0x5b && bytes[end - 1] === 0x5d
  fields.range(address, bytes, isBracketed ? { from: from + 1, to: end - 1 } : { from, to: end })
  if (!hasPort) return
  line.from = colon + 1
  fields.integer(port, line)
  line.from = from
}

function isBareVersion6(bytes: Uint8Array, from: number, colon: number): boolean {
  if (bytes[from] === 0x5b) return false
  for (let i = from; i < colon; i++) if (bytes[i] === 0x3a) return true
  return false
}
