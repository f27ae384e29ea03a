/** What distinguishes rate, increase and delta. */
export interface RateKind {
  readonly isCounter: boolean
  readonly perSecond: boolean
}

/** What `edgeFactor` works on; one for all, so that a step allocates nothing. */
export const edge = {
  /** The window. */
  startMs: 0,
  endMs: 0,
  /** Its first and last sample, and how many there are. */
  firstMs: 0,
  lastMs: 0,
  count: 0,
  /** First value over the whole change: how many covered intervals ago a counter would have been zero; NaN = no bound. */
  zeroShare: Number.NaN,
}

/** By how much the change between the samples of a window grows when it is extended to the window's edges. */
export function edgeFactor(): number {
  const { startMs, endMs, firstMs, lastMs, count, zeroShare } = edge
  const covered = (lastMs - firstMs) / 1000
  const mean = covered / (count - 1)
  const threshold = mean * 1.1
  let toStart = (firstMs - startMs) / 1000
  let toEnd = (endMs - lastMs) / 1000
  if (toStart >= threshold) toStart = mean / 2
  const toZero = covered * zeroShare
  if (toZero < toStart) toStart = toZero
  if (toEnd >= threshold) toEnd = mean / 2
  return (covered + toStart + toEnd) / covered
}
