import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type { LimitOverrides, RetentionOverrides } from './resources/tenant-overrides.ts'

/** Raw bytes as a Buffer. */
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** Unix milliseconds. */
const instant = (name: string) => bigint(name, { mode: 'number' })

/** Whose telemetry is kept apart. The built-in ones have the numbers of model/tenant.ts; others start at 2. */
export const tenants = pgTable('tenants', {
  id: integer().primaryKey().generatedByDefaultAsIdentity({ startWith: 2 }),
  name: text().notNull().unique(),
  createdMs: instant('created_ms').notNull(),
  retention: jsonb().$type<RetentionOverrides>().notNull().default({}),
  limits: jsonb().$type<LimitOverrides>().notNull().default({}),
})

/** People who sign in. */
export const users = pgTable('users', {
  id: integer().primaryKey().generatedByDefaultAsIdentity(),
  name: text().notNull().unique(),
  displayName: text('display_name').notNull().default(''),
  email: text().notNull().default(''),
  role: text({ enum: ['viewer', 'editor', 'admin'] }).notNull(),
  isDisabled: boolean('is_disabled').notNull().default(false),
  createdMs: instant('created_ms').notNull(),
})

/** Keys of senders and programs. The token itself is shown once and never stored. */
export const apiTokens = pgTable(
  'api_tokens',
  {
    id: integer().primaryKey().generatedByDefaultAsIdentity(),
    name: text().notNull(),
    /** The public part of the token, by which its row is found. */
    lookup: text().notNull(),
    /** SHA-256 of the whole token: 256 random bits need no slow hash. */
    hash: bytea().notNull(),
    /** The one tenant it is for; null: every tenant. */
    tenantId: integer('tenant_id').references(() => tenants.id, { onDelete: 'cascade' }),
    rights: text({ enum: ['ingest', 'query', 'admin'] })
      .array()
      .notNull(),
    createdMs: instant('created_ms').notNull(),
    /** Null: never. */
    expiresMs: instant('expires_ms'),
    createdBy: text('created_by').notNull(),
  },
  (table) => [uniqueIndex('api_tokens_lookup').on(table.lookup)],
)

/** Settings that people change while Sightline runs, as JSON under a key such as `ui.theme`. */
export const settings = pgTable('settings', {
  key: text().primaryKey(),
  value: jsonb().notNull(),
  changedMs: instant('changed_ms').notNull(),
  changedBy: text('changed_by').notNull(),
})

/** Addresses of the web app that are too long to be passed on as they are; never changed. */
export const links = pgTable('links', {
  /** Made from the path, so that equal views have one link. */
  id: text().primaryKey(),
  path: text().notNull(),
  createdMs: instant('created_ms').notNull(),
  createdBy: text('created_by').notNull(),
})

/** Every administrative act, written in the transaction of the act itself. */
export const auditRecords = pgTable(
  'audit_records',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    atMs: instant('at_ms').notNull(),
    /** Name of the principal, e.g. `local`, `user:ada`, `token:ci`. */
    principal: text().notNull(),
    /** What was done, e.g. `tenant.create`. */
    action: text().notNull(),
    /** To what, e.g. the tenant's name. */
    subject: text().notNull(),
    detail: jsonb().$type<Readonly<Record<string, unknown>>>().notNull().default({}),
  },
  (table) => [index('audit_records_at').on(table.atMs)],
)

/** Pipelines for a tenant's log records. `definition` is JSON as the API took it; the pipelines judge it when read. */
export const logPipelines = pgTable(
  'log_pipelines',
  {
    tenantId: integer('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    definition: jsonb().notNull(),
    changedMs: instant('changed_ms').notNull(),
    changedBy: text('changed_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.name] })],
)
