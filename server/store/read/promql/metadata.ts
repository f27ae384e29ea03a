import type { Scope } from '../../../model/scope.ts'
import { sql, text } from '../fragment.ts'
import { rowsOf, type TenantReader } from '../tenant-rows.ts'

/** What a metric family is, newest statement first where senders differ. */
export interface MetadataRow {
  readonly name: string
  readonly type: string
  readonly unit: string
  readonly help: string
}

/** Metadata of one family, or of all; at most `limit` rows, ordered by name. */
export async function readMetadata(
  reader: TenantReader,
  scope: Scope,
  question: { name: string | null; limit: number },
): Promise<readonly MetadataRow[]> {
  const { name, limit } = question
  const { rows } = await reader.rows<MetadataRow>(
    scope,
    sql`SELECT name, toString(type) AS type, toString(unit) AS unit, help FROM ${rowsOf('metadata')}
      ${name === null ? sql`` : sql`WHERE name = ${text(name)}`}
      GROUP BY name, type, unit, help ORDER BY name, max(seen) DESC
      LIMIT ${{ kind: 'parameter', type: 'UInt32', value: limit }}`,
  )
  return rows
}
