/**
 * Columns of a batch: typed arrays and bytes, no object per row. All numbers of a column are little-endian.
 * A 64-bit column is a Uint32Array of pairs, low word first (row i is [2i] and [2i+1]): BigInt arrays are
 * several times slower to index, and the pairs are already the bytes that ClickHouse Native wants.
 */

/** Byte strings laid end to end: row i is `data[offsets[i] .. offsets[i + 1])`. */
export interface BytesColumn {
  readonly data: Uint8Array
  /** rowCount + 1 entries, ascending, the first is 0. */
  readonly offsets: Uint32Array
}

/** Strings of few distinct values: row i is `values[indexes[i]]`. `values[0]` is always ''. */
export interface DictionaryColumn {
  readonly values: readonly string[]
  readonly indexes: Uint32Array
}

/**
 * Attributes of many rows. Entries of row i are `[offsets[i], offsets[i + 1])` of `keys` and `values`.
 *
 * A value is text: strings as sent (UTF-8), integers in decimal, doubles in the shortest form that reads back
 * equal (`NaN`, `Infinity`, `-Infinity` for those), booleans `true`/`false`, bytes in base64, arrays and maps as
 * OTLP-free JSON (`["a",1]`, `{"k":true}`).
 * `types` has one string per ROW: one letter per entry in order, see AttributeType.
 * Keys keep the sender's order; a repeated key keeps its last value.
 */
export interface AttributesColumn {
  readonly offsets: Uint32Array
  readonly keys: DictionaryColumn
  readonly values: BytesColumn
  readonly types: DictionaryColumn
}

/** s string, b boolean, i int64, d double, x bytes, a array, m map (kvlist), n no value. */
export type AttributeType = 's' | 'b' | 'i' | 'd' | 'x' | 'a' | 'm' | 'n'

/** One attribute as an object; for resources and scopes, of which a batch has few. */
export interface Attribute {
  readonly key: string
  readonly type: AttributeType
  /** Text form as in AttributesColumn. */
  readonly value: string
}
