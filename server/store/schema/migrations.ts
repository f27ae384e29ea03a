import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One step of the schema: a file `NNN-name.sql` beside this one. */
export interface Migration {
  readonly version: number
  readonly name: string
  /** Statements with their placeholders. */
  readonly statements: readonly string[]
  /** SHA-256 of the file, hex: an applied step must never be edited. */
  readonly checksum: string
}

/** How the same schema is laid out on one machine and on a cluster. */
export interface SchemaLayout {
  /** Name of the ClickHouse cluster; null: one machine, plain MergeTree tables. */
  readonly cluster: string | null
}

/** All steps, in order. Throws Error where numbers are missing or repeated. */
export function readMigrations(folder: string = import.meta.dirname): Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  return files.sort().map((file, index) => {
    const match = /^(\d{3})-([a-z0-9-]+)\.sql$/.exec(file)
    if (match === null || Number(match[1]) !== index + 1)
      throw new Error(`schema: ${file} stands where ${String(index + 1).padStart(3, '0')}-….sql was expected`)
    const text = readFileSync(join(folder, file), 'utf8')
    const checksum = createHash('sha256').update(text).digest('hex')
    return { version: index + 1, name: match[2], statements: statementsOf(text), checksum }
  })
}

/** Statements end with a semicolon at the end of a line; comments are whole lines. */
function statementsOf(text: string): string[] {
  const code = text.replace(/^--.*$/gm, '')
  return code
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}

/**
 * Fills in the placeholders:
 * `{{engine X(args)}}` the engine, replicated on a cluster; `{{on_cluster}}`; `{{dedup n}}` the number of inserts whose
 * tokens are remembered.
 * Throws Error where a placeholder is unknown.
 */
export function fillTemplate(statement: string, layout: SchemaLayout): string {
  return statement.replace(/\{\{(\w+)\s*([^}]*)\}\}/g, (_, word: string, rest: string) => {
    switch (word) {
      case 'on_cluster':
        return layout.cluster === null ? '' : `ON CLUSTER \`${layout.cluster}\``
      case 'dedup':
        return layout.cluster === null
          ? `non_replicated_deduplication_window = ${rest}`
          : `replicated_deduplication_window = ${rest}`
      case 'engine':
        return layout.cluster === null ? rest : replicated(rest)
      default:
        throw new Error(`schema: unknown placeholder {{${word}}}`)
    }
  })
}

/** The path has the table's UUID, so that a table made anew never meets its predecessor's replicas. */
function replicated(engine: string): string {
  const [, name, args = ''] = /^(\w+)(?:\((.*)\))?$/.exec(engine.trim()) ?? []
  const place = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'"
  return `Replicated${name}(${args === '' ? place : `${place}, ${args}`})`
}
