import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { groupedRows, tableItems } from './table-items.ts'

const first = (text: string) => text.slice(0, 1)

describe('rows in groups', () => {
  it('have a head before each group, which knows its rows', () => {
    expect(tableItems(['ab', 'ac', 'b'], first)).toEqual([
      { kind: 'group', name: 'a', rows: ['ab', 'ac'] },
      { kind: 'row', row: 'ab', at: 0 },
      { kind: 'row', row: 'ac', at: 1 },
      { kind: 'group', name: 'b', rows: ['b'] },
      { kind: 'row', row: 'b', at: 2 },
    ])
  })

  it('are the rows alone where nothing groups them', () => {
    expect(tableItems(['a', 'b'], undefined).map(({ kind }) => kind)).toEqual(['row', 'row'])
  })

  it('keep the order of the groups and within them; a group may rank behind the others', () => {
    expect(groupedRows(['b1', 'a1', '-1', 'b2', 'a2'], { of: first, rank: (name) => (name === '-' ? 1 : 0) })).toEqual([
      'b1',
      'b2',
      'a1',
      'a2',
      '-1',
    ])
  })

  it('lose and repeat nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 })), (rows) => {
        const grouped = groupedRows(rows, { of: first, rank: (name) => name.length })
        expect(grouped.toSorted()).toEqual(rows.toSorted())
        const items = tableItems(grouped, first)
        const heads = items.flatMap((item) => (item.kind === 'group' ? [item] : []))
        expect(new Set(heads.map(({ name }) => name)).size).toBe(heads.length)
        expect(heads.flatMap((head) => head.rows)).toEqual(grouped)
        expect(items.flatMap((item) => (item.kind === 'row' ? [item.at] : []))).toEqual(rows.map((_, at) => at))
      }),
      { seed: 5 },
    )
  })
})
