/** Numbers that follow from a seed, so that an input can be made again: sfc32, started by a 32-bit mix. */
export class Random {
  #a = 0
  #b = 0
  #c = 0
  #counter = 1

  /** Begins the sequence of input `number` of the sequences that belong to `base`. */
  start(base: number, number: number): void {
    this.#a = mixed(base)
    this.#b = mixed(number ^ 0x9e37_79b9)
    this.#c = mixed(Math.floor(number / 0x1_0000_0000) + base)
    this.#counter = 1
    for (let i = 0; i < 4; i++) this.next()
  }

  /** 32 random bits. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  /** A whole number from 0 up to, without, `count`; 0 where `count` is 0. */
  below(count: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * count)
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0
  }

  /** A length: short ones are far more likely than long ones. */
  length(most: number): number {
    return Math.min(most, 1 + this.below(1 << (1 + this.below(Math.max(1, 32 - Math.clz32(most))))))
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]
  }
}

function mixed(value: number): number {
  let bits = (value + 0x7f4a_7c15) | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0_aaad)
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a_2d97)
  return bits ^ (bits >>> 15)
}

/** 32 bits of a text, FNV-1a. */
export function hashOf(text: string): number {
  let hash = 0x811c_9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193)
  return hash
}
