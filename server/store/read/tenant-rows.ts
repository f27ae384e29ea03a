import type { Scope } from '../../model/scope.ts'
import type { ColumnStore, RowsAnswer, Statement } from '../engine/column-store.ts'
import type { Fragment, Parameter, Part, TenantRows } from './fragment.ts'
import { replacingTables, type Table } from './tables.ts'

/** Rows of `table` in the scope's tenant; `series` has its columns `kv` and `_part`, hidden from a plain `*`. */
export function rowsOf(table: Table): TenantRows {
  return { kind: 'rows', table }
}

/** Reads rows of one tenant. Throws what ColumnStore throws. */
export interface TenantReader {
  rows<T>(scope: Scope, query: Fragment): Promise<RowsAnswer<T>>
  /** A large answer as chunks of whole Native blocks; `signal` ends it before the scope does. */
  blocks(scope: Scope, query: Fragment, use?: BlocksUse): AsyncIterable<Uint8Array>
}

export interface BlocksUse {
  readonly signal?: AbortSignal
  /** See ColumnStore.nativeBlocks. */
  readonly isLarge?: boolean
}

/**
 * Makes the reader. This file is the one place where the tenant enters SQL: a table cannot be named in a query but
 * through `rowsOf`, which renders as the table cut down to the scope's tenant.
 */
export function createTenantReader(store: ColumnStore): TenantReader {
  return {
    rows(scope, query) {
      const { signal, deadlineMs, limits } = scope
      return store.rows(renderFor(scope, query), { signal, deadlineMs, limits, settings: readSettings })
    },
    blocks(scope, query, { signal = scope.signal, isLarge = false } = {}) {
      const { deadlineMs, limits } = scope
      const bounds = { signal, deadlineMs, limits, settings: readSettings, isLarge }
      return store.nativeBlocks(renderFor(scope, query), bounds)
    },
  }
}

/** In WHERE a name means the stored column, also where the answer has a column of that name. */
const readSettings = { prefer_column_name_to_alias: 1 }

/** SQL text and parameters of a query in a scope. The same parameter used twice is sent once. */
export function renderFor(scope: Scope, query: Fragment): Statement {
  const names = new Map<Parameter, string>()
  const params: Record<string, unknown> = { tenant: scope.tenant }
  const render = (part: Part): string => {
    if (part.kind === 'rows') return tenantRows(part.table)
    if (part.kind === 'fragment') {
      return part.texts.map((text, i) => (i === 0 ? text : render(part.parts[i - 1]) + text)).join('')
    }
    let name = names.get(part)
    if (name === undefined) {
      name = `p${names.size}`
      names.set(part, name)
      params[name] = part.value
    }
    return `{${name}:${part.type}}`
  }
  return { sql: render(query), params }
}

function tenantRows(table: Table): string {
  const isReplacing = (replacingTables as readonly Table[]).includes(table)
  const columns = table === 'series' ? '*, kv, _part' : '*'
  return `(SELECT ${columns} FROM ${table}${isReplacing ? ' FINAL' : ''} WHERE tenant = {tenant:UInt32})`
}
