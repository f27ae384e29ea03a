import { AttributesBuilder } from '../../../model/attributes-builder.ts'
import type { AttributesColumn } from '../../../model/columns.ts'
import { forEachCanonicalLabel } from '../../../model/label-bytes.ts'
import type { SeriesTable } from '../../../model/series-table.ts'
import { seriesColumns } from '../../schema/table-columns.ts'
import type { CommitNotes } from './encode-context.ts'
import type { NativeBlock } from './native-block.ts'
import { int64Of, rowsOf, uint16Of } from './object-columns.ts'

export const dayMs = 86_400_000
/** Series and earlier days remembered as written; beyond it they are forgotten, and written once more. */
const maxOlderDays = 1_000_000

interface SeriesRow {
  readonly table: SeriesTable
  readonly ref: number
  readonly day: number
  readonly seenMs: number
  readonly retentionDays: number
}

/** Collects the rows of `series`: one for each series and day on which it has samples. */
export class SeriesRows {
  #rows: SeriesRow[] = []
  /** For samples of days before the newest written one: day → series (ref and generation) by table. */
  #older = new WeakMap<SeriesTable, Map<number, Set<number>>>()
  #olderCount = 0

  /** To be called where `table.writtenDay[ref]` is not the sample's day. */
  note(
    series: { table: SeriesTable; ref: number; day: number },
    row: { seenMs: number; retentionDays: number },
    notes: CommitNotes,
  ): void {
    const { table, ref, day } = series
    const before = table.writtenDay[ref]
    const generation = table.generation[ref]
    if (day > before) {
      table.writtenDay[ref] = day
      notes.add(() => {
        if (table.generation[ref] === generation) table.writtenDay[ref] = before
      })
    } else if (!this.#noteOlder(series, notes)) {
      return
    }
    this.#rows.push({ table, ref, day, seenMs: row.seenMs, retentionDays: row.retentionDays })
  }

  /** Writes what was collected as a block of `series`; the number of rows. */
  encode(block: () => NativeBlock): number {
    const rows = this.#rows
    this.#rows = []
    if (rows.length > 0) writeSeries(block(), rows)
    return rows.length
  }

  #noteOlder({ table, ref, day }: { table: SeriesTable; ref: number; day: number }, notes: CommitNotes): boolean {
    if (this.#olderCount >= maxOlderDays) {
      this.#older = new WeakMap()
      this.#olderCount = 0
    }
    const days = this.#older.get(table) ?? new Map<number, Set<number>>()
    this.#older.set(table, days)
    const known = days.get(day) ?? new Set<number>()
    days.set(day, known)
    const key = table.generation[ref] * 2 ** 32 + ref
    if (known.has(key)) return false
    known.add(key)
    this.#olderCount += 1
    notes.add(() => known.delete(key))
    return true
  }
}

function writeSeries(block: NativeBlock, series: readonly SeriesRow[]): void {
  const rows = rowsOf(series.length)
  block.begin(seriesColumns, series.length)
  block.copied('tenant', 4, [{ column: Uint32Array.from(series, ({ table }) => table.tenant), rows }])
  block.copied('metric', 8, [{ column: pairsOf(series, (table) => table.metricHash), rows }])
  block.copied('target', 4, [{ column: Uint32Array.from(series, ({ table, ref }) => table.target[ref]), rows }])
  block.copied('series', 8, [{ column: pairsOf(series, (table) => table.seriesHash), rows }])
  block.copied('day', 2, [{ column: uint16Of(series.map(({ day }) => day)), rows }])
  block.map('labels', [{ column: labelMapsOf(series), rows }])
  block.copied('seen', 8, [{ column: int64Of(series.map(({ seenMs }) => seenMs)), rows }])
  block.copied('retention', 2, [{ column: uint16Of(series.map(({ retentionDays }) => retentionDays)), rows }])
}

/** Labels as a map column, straight from their bytes. Cost: 60 ns a label. */
function labelMapsOf(series: readonly SeriesRow[]): AttributesColumn {
  const labels = new AttributesBuilder({ expectedRows: series.length, expectedEntries: series.length * 12 })
  for (const { table, ref } of series) {
    const view = table.labelBytes(ref)
    const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength)
    forEachCanonicalLabel(bytes, (nameStart, nameEnd, valueStart, valueEnd) => {
      labels.key(bytes, nameStart, nameEnd)
      labels.string(bytes, valueStart, valueEnd)
    })
    labels.endRow()
  }
  return labels.finish()
}

/** 64-bit facts of series by ref, as a column. */
export function pairsOf(
  series: readonly { readonly table: SeriesTable; readonly ref: number }[],
  facts: (table: SeriesTable) => Uint32Array,
): Uint32Array {
  const pairs = new Uint32Array(series.length * 2)
  for (const [index, { table, ref }] of series.entries()) {
    pairs[index * 2] = facts(table)[ref * 2]
    pairs[index * 2 + 1] = facts(table)[ref * 2 + 1]
  }
  return pairs
}
