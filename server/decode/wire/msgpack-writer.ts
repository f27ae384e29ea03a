import { Buffer } from 'node:buffer'
import { MsgpackExtension } from './msgpack-reader.ts'

/**
 * A value as MessagePack, shortest heads first: for short answers, not for hot paths. Numbers with a fraction are doubles,
 * bytes are binaries, undefined is nil; objects are maps of their own enumerable properties.
 */
export function packed(value: unknown): Buffer {
  if (value === null || value === undefined) return Buffer.from([0xc0])
  if (typeof value === 'boolean') return Buffer.from([value ? 0xc3 : 0xc2])
  if (typeof value === 'bigint') return bigInteger(value)
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? integer(value) : double(value)
  if (typeof value === 'string') return text(value)
  if (value instanceof MsgpackExtension) return extension(value)
  if (value instanceof Uint8Array) return Buffer.concat([head(value.length, [0xc4, 0xc5, 0xc6]), value])
  if (Array.isArray(value)) return Buffer.concat([many(value.length, 0x90, 0xdc), ...value.map(packed)])
  const entries = Object.entries(value as object)
  return Buffer.concat([many(entries.length, 0x80, 0xde), ...entries.flat().map(packed)])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const start = bytes.length < 32 ? Buffer.from([0xa0 | bytes.length]) : head(bytes.length, [0xd9, 0xda, 0xdb])
  return Buffer.concat([start, bytes])
}

function extension({ type, bytes }: MsgpackExtension): Buffer {
  const fixed = [1, 2, 4, 8, 16].indexOf(bytes.length)
  const start = fixed >= 0 ? Buffer.from([0xd4 + fixed]) : head(bytes.length, [0xc7, 0xc8, 0xc9])
  return Buffer.concat([start, Buffer.from([type & 0xff]), bytes])
}

function head(length: number, [one, two, four]: [number, number, number]): Buffer {
  if (length < 0x100) return Buffer.from([one, length])
  const bytes = Buffer.alloc(length < 0x1_0000 ? 3 : 5)
  bytes[0] = length < 0x1_0000 ? two : four
  bytes.writeUIntBE(length, 1, bytes.length - 1)
  return bytes
}

function many(count: number, short: number, long: number): Buffer {
  if (count < 16) return Buffer.from([short | count])
  const bytes = Buffer.alloc(count < 0x1_0000 ? 3 : 5)
  bytes[0] = count < 0x1_0000 ? long : long + 1
  bytes.writeUIntBE(count, 1, bytes.length - 1)
  return bytes
}

function integer(value: number): Buffer {
  if (value >= -32 && value < 128) return Buffer.from([value & 0xff])
  const width = [1, 2, 4].find((bytes) => (value >= 0 ? value < 2 ** (8 * bytes) : value >= -(2 ** (8 * bytes - 1))))
  if (width === undefined) return bigInteger(BigInt(value))
  const bytes = Buffer.alloc(1 + width)
  bytes[0] = (value >= 0 ? 0xcc : 0xd0) + Math.log2(width)
  if (value >= 0) bytes.writeUIntBE(value, 1, width)
  else bytes.writeIntBE(value, 1, width)
  return bytes
}

function bigInteger(value: bigint): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = value >= 0n ? 0xcf : 0xd3
  if (value >= 0n) bytes.writeBigUInt64BE(value, 1)
  else bytes.writeBigInt64BE(value, 1)
  return bytes
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = 0xcb
  bytes.writeDoubleBE(value, 1)
  return bytes
}
