import type { Clock } from '../runtime/clock.ts'
import type { ColumnStore } from '../store/engine/column-store.ts'
import { createTenantReader, type TenantReader } from '../store/read/tenant-rows.ts'
import { countingReader } from './read-cost.ts'

export {
  QueryCancelled,
  QueryDeadline,
  QueryLimitExceeded,
  StoreError,
  StoreUnavailable,
} from '../store/engine/store-errors.ts'

/** What every query service needs. */
export interface QueryContext {
  readonly reader: TenantReader
  readonly clock: Clock
}

export function createQueryContext(parts: { store: ColumnStore; clock: Clock }): QueryContext {
  return { reader: countingReader(createTenantReader(parts.store)), clock: parts.clock }
}
