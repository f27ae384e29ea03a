import { Buffer } from 'node:buffer'

/** A field of a struct: number, type, value in its bytes. */
type Field = readonly [id: number, type: number, value: Buffer]

/** Writes Thrift's binary protocol, for tests of readers. */
export const thrift = {
  bool: (id: number, value: boolean): Field => [id, 2, Buffer.from([value ? 1 : 0])],
  double: (id: number, value: number): Field => [id, 4, write(8, (bytes) => bytes.writeDoubleBE(value))],
  i32: (id: number, value: number): Field => [id, 8, i32(value)],
  i64: (id: number, value: bigint): Field => [id, 10, write(8, (bytes) => bytes.writeBigInt64BE(value))],
  string: (id: number, value: string | Buffer): Field => [id, 11, sized(Buffer.from(value))],
  struct: (id: number, fields: readonly Field[]): Field => [id, 12, structOf(fields)],
  structs: (id: number, members: readonly (readonly Field[])[]): Field => [
    id,
    15,
    Buffer.concat([Buffer.from([12]), i32(members.length), ...members.map(structOf)]),
  ],
}

export function structOf(fields: readonly Field[]): Buffer {
  const parts = fields.map(([id, type, value]) => Buffer.concat([Buffer.from([type, id >> 8, id & 0xff]), value]))
  return Buffer.concat([...parts, Buffer.from([0])])
}

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([i32(bytes.length), bytes])
}

function i32(value: number): Buffer {
  return write(4, (bytes) => bytes.writeInt32BE(value))
}

function write(size: number, put: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(size)
  put(bytes)
  return bytes
}
