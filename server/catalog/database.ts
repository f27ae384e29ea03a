import type { NodePgDatabase, NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import type { PgDatabase } from 'drizzle-orm/pg-core'
import type { Clock } from '../runtime/clock.ts'

/** The database through the ORM. */
export type Database = NodePgDatabase

/** The database or a transaction in it. */
export type Executor = PgDatabase<NodePgQueryResultHKT>

/** What the functions of a resource need. `database` throws CatalogUnavailable before the catalog has started. */
export interface ResourceContext {
  readonly database: () => Database
  readonly clock: Clock
  /** Called after a change of tenants or users, so that what is kept in memory follows at once. */
  readonly changed: () => Promise<void>
}

/** The settings cannot be reached just now; the same call may succeed later. */
export class CatalogUnavailable extends Error {
  override readonly name = 'CatalogUnavailable'
}

/** The name is in use already. */
export class NameTaken extends Error {
  override readonly name = 'NameTaken'
}

/** What was asked for is not allowed, whoever asks; the message says what was expected. */
export class CatalogRefusal extends Error {
  override readonly name = 'CatalogRefusal'
}
