/** A time in nanoseconds as two words of 32 bits, unsigned. */
export class NanoWords {
  low = 0
  high = 0

  clear(): void {
    this.low = this.high = 0
  }

  /**
   * Takes `value * factor + more`. False: that is below zero or does not fit.
   * `value`: a whole number within ±2^53; `factor`: at most 10^9, and so that `value * factor` is within ±2^65 or so.
   */
  set(value: number, factor: number, more: number): boolean {
    // In parts of 16 bits, so that no number between is one that a double does not hold.
    const upperValue = Math.floor(value / 0x1_0000)
    const upper = upperValue * factor
    const upperHigh = Math.floor(upper / 0x1_0000)
    const lower = (upper - upperHigh * 0x1_0000) * 0x1_0000 + (value - upperValue * 0x1_0000) * factor + more
    const carry = Math.floor(lower / 0x1_0000_0000)
    this.low = lower - carry * 0x1_0000_0000
    this.high = upperHigh + carry
    return this.high >= 0 && this.high <= 0xffff_ffff
  }

  /** Whether the sum with another time fits. */
  hasRoomFor(other: NanoWords): boolean {
    return this.high + other.high + (this.low + other.low > 0xffff_ffff ? 1 : 0) <= 0xffff_ffff
  }

  /** Adds another time, for which there is room. */
  add(other: NanoWords): void {
    const low = this.low + other.low
    this.low = low % 0x1_0000_0000
    this.high += other.high + (low > 0xffff_ffff ? 1 : 0)
  }
}
