const words32 = 2 ** 32

/** Bits of the value behind each prefix of a varbit number; the prefix is one more 1 per step, then a 0. */
const varbitSizes = [3, 6, 9, 12, 18, 25, 56] as const

/** A growing run of bits, the highest bit of each byte first. */
export class BitWriter {
  private bytes = new Uint8Array(256)
  private length: number
  /** Bits of the last byte that are not written yet. */
  private free = 0

  /** `headerBytes` are left zero in front, to be set in the end. */
  constructor(headerBytes: number) {
    this.length = headerBytes
  }

  get byteLength(): number {
    return this.length
  }

  /** The bytes written, good until the next `reset`; bits that are left in the last one are zero. */
  done(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  reset(headerBytes: number): void {
    this.bytes.fill(0, 0, headerBytes)
    this.length = headerBytes
    this.free = 0
  }

  /** The low `count` bits (1..32) of a 32-bit integer. */
  bits(value: number, count: number): void {
    if (this.length + 8 > this.bytes.length) this.grow()
    const { bytes } = this
    for (let left = count; left > 0; ) {
      if (this.free === 0) {
        bytes[this.length++] = 0
        this.free = 8
      }
      const take = Math.min(left, this.free)
      left -= take
      this.free -= take
      bytes[this.length - 1] |= ((value >>> left) & ((1 << take) - 1)) << this.free
    }
  }

  /** The low `count` bits (1..64) of two 32-bit words. */
  bits64(high: number, low: number, count: number): void {
    if (count > 32) this.bits(high, count - 32)
    this.bits(low, Math.min(count, 32))
  }

  /** The low `count` bits of a whole number in two's complement. */
  integer(value: number, count: number): void {
    this.bits64(Math.floor(value / words32), value, count)
  }

  float(value: number): void {
    floats[0] = value
    this.bits64(floatWords[1], floatWords[0], 64)
  }

  /** A whole number from 0 in groups of seven bits, the lowest first. */
  varint(value: number): void {
    let rest = value
    for (; rest > 127; rest = Math.floor(rest / 128)) this.bits((rest % 128) | 128, 8)
    this.bits(rest, 8)
  }

  /** A whole number from 0: a prefix that tells the size, then the number. Source: chunkenc/varbit.go. */
  varbitUnsigned(value: number): void {
    this.varbit(value, (size) => value < 2 ** size)
  }

  /** The same of a signed one. */
  varbitSigned(value: number): void {
    this.varbit(value, (size) => fitsSigned(value, size))
  }

  private varbit(value: number, fits: (size: number) => boolean): void {
    const step = varbitSizes.findIndex(fits)
    if (value === 0) this.bits(0, 1)
    else if (step < 0) {
      this.bits(0xff, 8)
      this.integer(value, 64)
    } else {
      this.bits(2 ** (step + 2) - 2, step + 2)
      this.integer(value, varbitSizes[step])
    }
  }

  private grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2)
    larger.set(this.bytes)
    this.bytes = larger
  }
}

/** One double in memory and its two words. */
const floats = new Float64Array(1)
const floatWords = new Uint32Array(floats.buffer)

/** Whether a number fits in so many bits as Prometheus counts them: one more above zero than below. */
export function fitsSigned(value: number, size: number): boolean {
  return value >= 1 - 2 ** (size - 1) && value <= 2 ** (size - 1)
}

/** No window of bits has been written yet. */
const noWindow = 255

/** Doubles of one column, each as what its bits differ from those before. Source: chunkenc/xor.go. */
export class XorColumn {
  private high = 0
  private low = 0
  private leading = noWindow
  private trailing = 0

  /** The first value, whole. */
  start(writer: BitWriter, high: number, low: number): void {
    this.high = high
    this.low = low
    this.leading = noWindow
    writer.bits64(high, low, 64)
  }

  next(writer: BitWriter, high: number, low: number): void {
    const above = this.high ^ high
    const below = this.low ^ low
    this.high = high
    this.low = low
    if (above === 0 && below === 0) {
      writer.bits(0, 1)
      return
    }
    // Five bits hold the number of leading zeros.
    const leading = above === 0 ? 31 : Math.clz32(above)
    const trailing = below === 0 ? 32 + trailingZeros(above) : trailingZeros(below)
    if (this.leading !== noWindow && leading >= this.leading && trailing >= this.trailing) writer.bits(0b10, 2)
    else {
      this.leading = leading
      this.trailing = trailing
      writer.bits(0b11, 2)
      writer.bits(leading, 5)
      // 64 is written as 0.
      writer.bits(64 - leading - trailing, 6)
    }
    const shift = this.trailing
    const size = 64 - this.leading - shift
    if (shift === 0) writer.bits64(above, below, size)
    else if (shift < 32) writer.bits64(above >>> shift, (below >>> shift) | (above << (32 - shift)), size)
    else writer.bits64(0, above >>> (shift - 32), size)
  }

  startFloat(writer: BitWriter, value: number): void {
    floats[0] = value
    this.start(writer, floatWords[1], floatWords[0])
  }

  nextFloat(writer: BitWriter, value: number): void {
    floats[0] = value
    this.next(writer, floatWords[1], floatWords[0])
  }
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word)
}
