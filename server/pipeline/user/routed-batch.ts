import type { LogBatch } from '../../model/batch.ts'
import type { Destination } from './run-pipelines.ts'

/**
 * The batch as its destination gets it: with the tenant and the days there, and with no resource and scope of rows that
 * stay elsewhere. Shares the other columns; rows that do not go there are to be masked.
 */
export function routedBatch(batch: LogBatch, destination: Destination): LogBatch {
  const { tenant, retentionDays, rows } = destination
  const routed = { ...batch, tenant, ...(retentionDays === null ? {} : { retentionDays }) }
  if (tenant === batch.tenant) return routed
  const resources = kept(batch.resources, batch.resource, rows)
  const scopes = kept(batch.scopes, batch.scope, rows)
  return {
    ...routed,
    // What the sender got wrong is counted where it sent it.
    decodeRejections: [],
    resources: resources.values,
    resource: resources.indexes,
    scopes: scopes.values,
    scope: scopes.indexes,
  }
}

/** The values that the rows point to, and the rows' indexes among these; 0 for rows that do not go there. */
function kept<T>(
  values: readonly T[],
  indexes: Uint32Array,
  rows: Uint8Array,
): { values: readonly T[]; indexes: Uint32Array } {
  const places = new Map<number, number>()
  const moved = new Uint32Array(indexes.length)
  for (let row = 0; row < indexes.length; row++) {
    if (rows[row] === 0) continue
    const place = places.get(indexes[row]) ?? places.size
    places.set(indexes[row], place)
    moved[row] = place
  }
  return { values: [...places.keys()].map((index) => values[index]), indexes: moved }
}
