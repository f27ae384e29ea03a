/** A value on the wire: numbers of any width as bigint, everything with a length as bytes. */
export type Wire = bigint | Buffer

/** The fields of a protobuf message by number, in the order they came. */
export type Fields = Map<number, Wire[]>

/** Reads a message without its schema. Throws on bytes that are no message. */
export function readFields(bytes: Buffer): Fields {
  const fields: Fields = new Map()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      if (at >= bytes.length) throw new Error('the message ends inside a number')
      const byte = bytes[at++]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const value = readValue(tag & 7)
    const values = fields.get(tag >>> 3)
    if (values === undefined) fields.set(tag >>> 3, [value])
    else values.push(value)
  }
  return fields

  function readValue(type: number): Wire {
    if (type === 0) return varint()
    if (type === 1) return take(8).readBigUInt64LE()
    if (type === 5) return BigInt(take(4).readUInt32LE())
    if (type === 2) return take(Number(varint()))
    throw new Error(`unknown wire type ${type}`)
  }

  function take(length: number): Buffer {
    if (at + length > bytes.length) throw new Error('the message ends inside a field')
    at += length
    return bytes.subarray(at - length, at)
  }
}

/** The first value of a field as UTF-8; empty when there is none. */
export function readText(fields: Fields, number: number): string {
  const value = fields.get(number)?.[0]
  return Buffer.isBuffer(value) ? value.toString() : ''
}
