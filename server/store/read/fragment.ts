import type { Table } from './tables.ts'

/** A value that travels beside the SQL text, never in it. */
export interface Parameter {
  readonly kind: 'parameter'
  readonly type: 'String' | 'Array(String)' | 'UInt32' | 'UInt64' | 'Int64' | 'Float64' | 'Array(Float64)'
  readonly value: unknown
}

/** All rows of one table that the scope may see; the only way a table is named in a query. */
export interface TenantRows {
  readonly kind: 'rows'
  readonly table: Table
}

/** A piece of SQL. It can only be made of literal text in our own code, parameters and other pieces. */
export interface Fragment {
  readonly kind: 'fragment'
  readonly texts: readonly string[]
  readonly parts: readonly Part[]
}

export type Part = Fragment | Parameter | TenantRows

/** ``sql`service = ${text(name)}` ``: text from this code, values as parameters. */
export function sql(texts: TemplateStringsArray, ...parts: readonly Part[]): Fragment {
  return { kind: 'fragment', texts, parts }
}

export const text = (value: string): Parameter => ({ kind: 'parameter', type: 'String', value })
export const textList = (value: readonly string[]): Parameter => ({ kind: 'parameter', type: 'Array(String)', value })
export const float = (value: number): Parameter => ({ kind: 'parameter', type: 'Float64', value })
export const floatList = (value: readonly number[]): Parameter => ({ kind: 'parameter', type: 'Array(Float64)', value })
export const count = (value: number): Parameter => ({ kind: 'parameter', type: 'UInt32', value })

/** A DateTime64(9) of Unix nanoseconds. */
export const instant = (unixNano: bigint): Fragment =>
  sql`fromUnixTimestamp64Nano(${{ kind: 'parameter', type: 'Int64', value: unixNano.toString() }}, 'UTC')`

/** A DateTime64(3) of Unix nanoseconds, rounded down to the millisecond. */
const instantMs = (unixNano: bigint): Fragment =>
  sql`fromUnixTimestamp64Milli(${{ kind: 'parameter', type: 'Int64', value: (unixNano / 1_000_000n).toString() }}, 'UTC')`

/** Start is included, end is not. Unix nanoseconds. */
export interface NsRange {
  readonly startNs: bigint
  readonly endNs: bigint
}

/** Rows whose `ts` (nanoseconds) lies in the range. */
export const within = (range: NsRange): Fragment =>
  sql`ts >= ${instant(range.startNs)} AND ts < ${instant(range.endNs)}`

/** Rows whose `ts` (milliseconds) lies in the range. */
export const withinMs = (range: NsRange): Fragment =>
  sql`ts >= ${instantMs(range.startNs)} AND ts < ${instantMs(range.endNs)}`

/** Pieces with a separator between them; `empty` where there are none. */
export function joined(
  pieces: readonly Fragment[],
  separator: ' AND ' | ' OR ' | ', ' | ' UNION ALL ',
  empty = '1',
): Fragment {
  if (pieces.length === 0) return { kind: 'fragment', texts: [empty], parts: [] }
  return { kind: 'fragment', texts: ['', ...pieces.slice(1).map(() => separator), ''], parts: pieces }
}

/** All conditions must hold; none: true. */
export const all = (conditions: readonly Fragment[]): Fragment => joined(conditions, ' AND ')
