import type { Rejection, RejectReason } from '../model/batch.ts'

/** Longest text of a rejection's sample, characters. */
const maxSampleLength = 256

/** Collects the rows of one batch that are left out: the mask, and the reasons with their first row in words. */
export interface Tally {
  /** Leaves row `row` out. `describe` is called for the first row of a reason only. A row is left out once. */
  reject(row: number, reason: RejectReason, describe: () => string): void
  isRejected(row: number): boolean
  /** Null where no row was left out. */
  readonly mask: Uint8Array | null
  readonly count: number
  rejections(): readonly Rejection[]
}

/** `elsewhere`: rows that are none of this tally's; they are masked and not counted. The tally keeps it. */
export function createTally(rowCount: number, elsewhere: Uint8Array | null = null): Tally {
  let mask: Uint8Array | null = elsewhere
  let total = 0
  const reasons = new Map<RejectReason, { count: number; sample: string }>()
  return {
    reject(row, reason, describe) {
      mask ??= new Uint8Array(rowCount)
      if (mask[row] !== 0) return
      mask[row] = 1
      total += 1
      const known = reasons.get(reason)
      if (known !== undefined) known.count += 1
      else reasons.set(reason, { count: 1, sample: describe().slice(0, maxSampleLength) })
    },
    isRejected: (row) => mask !== null && mask[row] !== 0,
    get mask() {
      return mask
    },
    get count() {
      return total
    },
    rejections: () => [...reasons].map(([reason, { count, sample }]) => ({ reason, count, sample })),
  }
}
