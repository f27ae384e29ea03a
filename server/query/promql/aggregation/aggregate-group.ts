import type { Labels } from '../labels.ts'
import type { VectorSeries } from '../value.ts'

/** Series that are aggregated together. */
export interface AggregateGroup {
  readonly labels: Labels
  readonly dropName: boolean
  readonly members: readonly VectorSeries[]
}
