import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AttributesBuilder } from '../../model/attributes-builder.ts'
import type { AttributesColumn, AttributeType } from '../../model/columns.ts'
import { mergeAttributes } from './merge-attributes.ts'

type Entry = readonly [key: string, letter: AttributeType, value: string]

const keys = ['a', 'b', 'c', 'd']
const entry = fc
  .tuple(fc.constantFrom(...keys), fc.oneof(fc.string({ maxLength: 5 }), fc.integer()))
  .map(([key, value]): Entry => [key, typeof value === 'string' ? 's' : 'i', `${value}`])
const rowEntries = fc.uniqueArray(entry, { selector: ([key]) => key, maxLength: 3 })
/** Rows without anything found come in runs, as they do in real batches. */
const rows = fc
  .array(fc.record({ given: rowEntries, found: rowEntries, isEmpty: fc.boolean() }), { maxLength: 12 })
  .map((list) => list.map(({ given, found, isEmpty }) => ({ given, found: isEmpty ? [] : found })))

function columnOf(list: readonly (readonly Entry[])[]): AttributesColumn {
  const builder = new AttributesBuilder({ expectedRows: 1, expectedEntries: 1, expectedBytes: 1 })
  for (const entries of list) {
    for (const [key, letter, value] of entries) {
      builder.keyText(key)
      builder.text(letter, value)
    }
    builder.endRow()
  }
  return builder.finish()
}

function entriesOf({ offsets, keys: names, values, types }: AttributesColumn, row: number): Entry[] {
  const letters = types.values[types.indexes[row]]
  return Array.from({ length: offsets[row + 1] - offsets[row] }, (_, i): Entry => {
    const at = offsets[row] + i
    const bytes = values.data.subarray(values.offsets[at], values.offsets[at + 1])
    return [names.values[names.indexes[at]], letters[i] as AttributeType, Buffer.from(bytes).toString('utf8')]
  })
}

describe('mergeAttributes', () => {
  it('has what was given first, then what was found under other keys', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const merged = mergeAttributes(
          columnOf(list.map(({ given }) => given)),
          columnOf(list.map(({ found }) => found)),
        )
        for (const [row, { given, found }] of list.entries()) {
          const own = new Set(given.map(([key]) => key))
          expect(entriesOf(merged, row)).toEqual([...given, ...found.filter(([key]) => !own.has(key))])
        }
      }),
      { seed: 7, numRuns: 500 },
    )
  })
})
