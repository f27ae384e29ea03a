/**
 * Builds protobuf bodies once and remembers where the fields lie that change from request to request, so that a
 * sender costs next to nothing while it runs: it patches bytes in place instead of encoding.
 */
export class WireWriter {
  bytes = Buffer.allocUnsafe(1 << 20)
  length = 0

  private room(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + count))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }

  varint(value: number): void {
    this.room(10)
    let rest = value
    while (rest > 127) {
      this.bytes[this.length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.length++] = rest
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType)
  }

  text(field: number, value: string): void {
    this.tag(field, 2)
    const size = Buffer.byteLength(value)
    this.varint(size)
    this.room(size)
    this.length += this.bytes.write(value, this.length)
  }

  number(field: number, value: number): void {
    this.tag(field, 0)
    this.varint(value)
  }

  /** Leaves room for a 64-bit number and returns where it lies. */
  fixed64(field: number): number {
    this.tag(field, 1)
    this.room(8)
    this.bytes.fill(0, this.length, this.length + 8)
    this.length += 8
    return this.length - 8
  }

  /** Leaves room for `size` bytes and returns where they lie. */
  blob(field: number, size: number): number {
    this.tag(field, 2)
    this.varint(size)
    this.room(size)
    this.bytes.fill(0, this.length, this.length + size)
    this.length += size
    return this.length - size
  }

  /** Writes a nested message; its bytes are shifted to make room for the length in front. Offsets from inside must be moved by the result. */
  nested(field: number, write: () => void): number {
    this.tag(field, 2)
    const start = this.length
    write()
    const size = this.length - start
    const prefix = varintSize(size)
    this.room(prefix)
    this.bytes.copyWithin(start + prefix, start, this.length)
    this.length = start
    this.varint(size)
    this.length += size
    return prefix
  }

  attribute(field: number, key: string, value: string | number): void {
    this.nested(field, () => {
      this.text(1, key)
      this.nested(2, () => {
        if (typeof value === 'string') this.text(1, value)
        else this.number(3, value)
      })
    })
  }

  finish(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.length))
  }
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size += 1
  return size
}

/** Small seeded generator (mulberry32): the same stream on every run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
