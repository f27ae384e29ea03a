const two32 = 2 ** 32

/** Exponent of values that are kept as the bits of their Float64 (NaN, infinities, more than 19 digits). */
export const rawBits = 127

/** 10^decimals by the stored exponent's absolute value. */
const powers = [1, 10, 100, 1000, 10_000]

/** What integers of a stored exponent are divided by; 0 for `rawBits`. */
export function divisorOf(exponent: number): number {
  return exponent === rawBits ? 0 : powers[-exponent]
}

/** A stored 64-bit integer from its words; beyond 2^53 the nearest number. */
export function integerOf(low: number, high: number): number {
  return (high | 0) * two32 + low
}
