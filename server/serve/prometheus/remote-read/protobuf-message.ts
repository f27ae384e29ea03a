import type { Labels } from '../../../query/promql/labels.ts'

/** A growing protobuf message. */
export class Message {
  private bytes: Buffer
  private length = 0

  constructor(size = 1024) {
    this.bytes = Buffer.allocUnsafe(size)
  }

  done(): Buffer {
    return this.bytes.subarray(0, this.length)
  }

  integer(field: number, value: number): void {
    this.room(20)
    this.varint(field * 8)
    this.signed(value)
  }

  double(field: number, value: number): void {
    this.room(12)
    this.varint(field * 8 + 1)
    this.length = this.bytes.writeDoubleLE(value, this.length)
  }

  /** The double of 64 bits: a NaN keeps its payload. */
  doubleBits(field: number, words: Uint32Array, index: number): void {
    this.room(12)
    this.varint(field * 8 + 1)
    this.bytes.writeUInt32LE(words[2 * index], this.length)
    this.length = this.bytes.writeUInt32LE(words[2 * index + 1], this.length + 4)
  }

  nested(field: number, inner: Uint8Array): void {
    this.room(inner.length + 20)
    this.varint(field * 8 + 2)
    this.varint(inner.length)
    this.bytes.set(inner, this.length)
    this.length += inner.length
  }

  text(field: number, value: string): void {
    this.nested(field, Buffer.from(value))
  }

  /** Repeated `prometheus.Label` fields. */
  labels(field: number, labels: Labels): void {
    for (const [name, value] of labels.pairs()) {
      const label = new Message(name.length + value.length + 16)
      label.text(1, name)
      label.text(2, value)
      this.nested(field, label.done())
    }
  }

  private signed(value: number): void {
    if (value >= 0) this.varint(value)
    else
      for (let rest = BigInt.asUintN(64, BigInt(value)), more = true; more; rest >>= 7n) {
        more = rest > 127n
        this.bytes[this.length++] = Number(rest & 127n) | (more ? 128 : 0)
      }
  }

  private varint(value: number): void {
    let rest = value
    while (rest > 127) {
      this.bytes[this.length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.length++] = rest
  }

  private room(size: number): void {
    if (this.length + size <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.length + size, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }
}
