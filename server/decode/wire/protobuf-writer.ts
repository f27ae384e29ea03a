import { Buffer } from 'node:buffer'

/** Bytes to begin with; answers are small. */
const initialBytes = 256

/** Writes protobuf messages; for answers, which are few and small. Fields that have their default are left out. */
export class ProtobufWriter {
  #data: Buffer = Buffer.allocUnsafe(initialBytes)
  #size = 0

  /** A whole number from 0 to 2^53: int32, int64, uint32, uint64, enums. */
  integer(field: number, value: number): this {
    if (value === 0) return this
    this.#varint(field << 3)
    this.#varint(value)
    return this
  }

  text(field: number, value: string): this {
    return value === '' ? this : this.bytes(field, Buffer.from(value, 'utf8'))
  }

  /** Bytes, or a message that was written by another writer; written also when it is empty. */
  bytes(field: number, value: Uint8Array): this {
    this.#varint((field << 3) | 2)
    this.#varint(value.length)
    this.#reserve(value.length)
    this.#data.set(value, this.#size)
    this.#size += value.length
    return this
  }

  finish(): Uint8Array {
    return this.#data.subarray(0, this.#size)
  }

  #varint(value: number): void {
    this.#reserve(10)
    let rest = value
    while (rest > 0x7f) {
      this.#data[this.#size++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#data[this.#size++] = rest
  }

  #reserve(bytes: number): void {
    if (this.#size + bytes <= this.#data.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#data.length * 2, this.#size + bytes))
    this.#data.copy(larger, 0, 0, this.#size)
    this.#data = larger
  }
}
