/** Sum with Neumaier's compensation: the error of each addition is kept apart and added at the end. */
export class KahanSum {
  private sum = 0
  private compensation = 0

  reset(): void {
    this.sum = 0
    this.compensation = 0
  }

  add(value: number): void {
    const next = this.sum + value
    if (Number.isFinite(next)) {
      if (Math.abs(this.sum) >= Math.abs(value)) this.compensation += this.sum - next + value
      else this.compensation += value - next + this.sum
    } else this.compensation = 0
    this.sum = next
  }

  set(value: number): void {
    this.sum = value
    this.compensation = 0
  }

  /** Becomes the middle of two values, which does not overflow where they do not. */
  setHalfOf(a: number, b: number): void {
    this.set(a)
    this.add(b)
    if (Number.isFinite(this.sum) || !Number.isFinite(a) || !Number.isFinite(b)) {
      this.sum /= 2
      this.compensation /= 2
      return
    }
    this.set(a / 2)
    this.add(b / 2)
  }

  /** Adds another sum times a factor, its compensation too. */
  addProduct(other: KahanSum, factor: number): void {
    if (other.sum === 0 && other.compensation === 0) return
    this.compensation += other.compensation * factor
    this.add(other.sum * factor)
  }

  get value(): number {
    return this.sum + this.compensation
  }

  /** The mean of so many values. */
  dividedBy(count: number): number {
    return this.sum / count + this.compensation / count
  }
}

/** Mean as sum over count; turns to an incremental mean where the sum would overflow. */
export class Mean {
  private sum = 0
  private compensation = 0
  private count = 0
  private mean = 0
  private isIncremental = false

  reset(): void {
    this.sum = 0
    this.compensation = 0
    this.count = 0
    this.isIncremental = false
  }

  add(value: number): void {
    this.count += 1
    if (!this.isIncremental) {
      const [sum, compensation] = increment(value, this.sum, this.compensation)
      if (this.count === 1 || Number.isFinite(sum) || Number.isNaN(sum)) {
        this.sum = sum
        this.compensation = compensation
        return
      }
      this.isIncremental = true
      this.mean = this.sum / (this.count - 1)
      this.compensation /= this.count - 1
    }
    const share = (this.count - 1) / this.count
    const [mean, compensation] = increment(value / this.count, share * this.mean, share * this.compensation)
    this.mean = mean
    this.compensation = compensation
  }

  get value(): number {
    return this.isIncremental ? this.mean + this.compensation : this.sum / this.count + this.compensation / this.count
  }
}

/** One addition of a compensated sum: the new sum and its error so far. Source: Neumaier's variant of Kahan's sum. */
export function increment(value: number, sum: number, compensation: number): [sum: number, compensation: number] {
  const next = sum + value
  if (!Number.isFinite(next)) return [next, 0]
  const error = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
  return [next, compensation + error]
}

/** Population variance in one pass (Welford). */
export class Variance {
  count = 0
  private mean = 0
  private squares = 0

  reset(): void {
    this.count = 0
    this.mean = 0
    this.squares = 0
  }

  add(value: number): void {
    this.count += 1
    const delta = value - this.mean
    this.mean += delta / this.count
    this.squares += delta * (value - this.mean)
  }

  get value(): number {
    return this.squares / this.count
  }
}

/** Population variance in one pass with the errors of both running sums kept apart. Source: Prometheus varianceOverTime. */
export class CompensatedVariance {
  private count = 0
  private mean = 0
  private meanError = 0
  private squares = 0
  private squaresError = 0

  add(value: number): void {
    this.count += 1
    const delta = value - (this.mean + this.meanError)
    ;[this.mean, this.meanError] = increment(delta / this.count, this.mean, this.meanError)
    const product = delta * (value - (this.mean + this.meanError))
    ;[this.squares, this.squaresError] = increment(product, this.squares, this.squaresError)
  }

  get value(): number {
    return (this.squares + this.squaresError) / this.count
  }
}

/** Quantile with linear interpolation between ranks; NaN sorts first. Beyond 0 and 1: ∓Inf. `values` is sorted in place. */
export function quantileOf(q: number, values: number[]): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN
  if (q < 0) return -Infinity
  if (q > 1) return Infinity
  values.sort((a, b) => (Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b))
  const rank = q * (values.length - 1)
  const lower = Math.max(0, Math.floor(rank))
  const upper = Math.min(values.length - 1, lower + 1)
  const weight = rank - Math.floor(rank)
  // Without a share of the neighbour it must not count: an infinite one would make NaN of it.
  if (weight === 0) return values[lower]
  return values[lower] * (1 - weight) + values[upper] * weight
}

/** The least and the greatest of some values, both NaN where one of them is. */
export function boundsOf(values: Float64Array): { readonly least: number; readonly most: number } {
  let [least, most] = [Infinity, -Infinity]
  for (const value of values) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  return { least, most }
}
