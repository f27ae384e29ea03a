import type { RowCount } from './journal.ts'

/** Sums rows by ledger key, in order of first appearance. */
export function sumCounts(lists: Iterable<readonly RowCount[]>): RowCount[] {
  const sums = new Map<string, RowCount>()
  for (const list of lists)
    for (const { key, rows } of list) {
      const name = `${key.tenant}/${key.signal}/${key.receiver}`
      sums.set(name, { key, rows: rows + (sums.get(name)?.rows ?? 0) })
    }
  return [...sums.values()]
}

/** All rows of a list of counts. */
export function totalRows(counts: readonly RowCount[]): number {
  let total = 0
  for (const { rows } of counts) total += rows
  return total
}
