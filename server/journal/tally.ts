import type { RowCount } from './journal.ts'

const separator = String.fromCharCode(0)

/** Sums rows by ledger key, in order of first appearance. */
export function sumCounts(lists: Iterable<readonly RowCount[]>): RowCount[] {
  const sums = new Map<string, RowCount>()
  for (const list of lists)
    for (const { key, rows } of list) {
      const name = nameOf(key)
      sums.set(name, { key, rows: rows + (sums.get(name)?.rows ?? 0) })
    }
  return [...sums.values()]
}

function nameOf({ tenant, signal, receiver, source }: RowCount['key']): string {
  const name = `${tenant}/${signal}/${receiver}`
  return source === undefined ? name : `${name}/${source.sender}${separator}${source.accessKey}`
}

/** All rows of a list of counts. */
export function totalRows(counts: readonly RowCount[]): number {
  let total = 0
  for (const { rows } of counts) total += rows
  return total
}
