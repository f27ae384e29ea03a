import { AttributesBuilder } from '../../../model/attributes-builder.ts'
import { BytesBuilder } from '../../../model/column-builders.ts'
import type { Attribute, AttributesColumn, BytesColumn } from '../../../model/columns.ts'
import { allRows, type Rows, type Words } from './native-block.ts'

/** Columns from objects, for the tables of few rows (resources, series, metadata, exemplars, histograms). */

export function rowsOf(count: number): Rows {
  return allRows(count)
}

/** A LowCardinality column, one text per row. */
export function wordsOf(texts: readonly string[]): Words {
  return { values: texts, indexes: allRows(texts.length).indexes }
}

export function stringsOf(texts: readonly string[]): BytesColumn {
  const builder = new BytesBuilder(texts.length * 32, texts.length)
  for (const text of texts) builder.addText(text)
  return builder.finish()
}

/** UInt16 values as bytes. */
export function uint16Of(values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint16Array.from(values).buffer)
}

/** Float64 values as bytes; the bits of NaNs are those that the engine keeps for them, so stamp staleness yourself. */
export function float64Of(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(values).buffer)
}

/** Unix milliseconds (whole, any sign) as Int64. */
export function int64Of(values: readonly number[]): Uint32Array {
  const pairs = new Uint32Array(values.length * 2)
  for (const [index, value] of values.entries()) {
    pairs[index * 2] = value >>> 0
    pairs[index * 2 + 1] = Math.floor(value / 2 ** 32)
  }
  return pairs
}

export function attributesOf(lists: readonly (readonly Attribute[])[]): AttributesColumn {
  const builder = new AttributesBuilder({ expectedRows: lists.length })
  for (const attributes of lists) {
    for (const { key, type, value } of attributes) {
      builder.keyText(key)
      builder.text(type, value)
    }
    builder.endRow()
  }
  return builder.finish()
}

/** Name and value pairs as a map column. */
export function labelMapsOf(lists: readonly (readonly (readonly [string, string])[])[]): AttributesColumn {
  const builder = new AttributesBuilder({ expectedRows: lists.length, expectedEntries: lists.length * 8 })
  for (const labels of lists) {
    for (const [name, value] of labels) {
      builder.keyText(name)
      builder.text('s', value)
    }
    builder.endRow()
  }
  return builder.finish()
}
