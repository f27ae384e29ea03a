/** What a table draws: a row at its position among the rows, or the head of the group that begins below it. */
export type TableItem<Row> =
  | { readonly kind: 'row'; readonly row: Row; readonly at: number }
  | { readonly kind: 'group'; readonly name: string; readonly rows: readonly Row[] }

/** The rows with a head before each group; rows of one group follow one another. Without groups: the rows. */
export function tableItems<Row>(rows: readonly Row[], groupOf: ((row: Row) => string) | undefined): TableItem<Row>[] {
  const items: TableItem<Row>[] = []
  let open: { name: string; rows: Row[] } | null = null
  rows.forEach((row, at) => {
    const name = groupOf?.(row)
    if (name !== undefined) {
      if (open?.name !== name) {
        open = { name, rows: [] }
        items.push({ kind: 'group', ...open })
      }
      open.rows.push(row)
    }
    items.push({ kind: 'row', row, at })
  })
  return items
}

export interface Grouping<Row> {
  readonly of: (row: Row) => string
  /** Groups of a lower rank come first; those of equal rank in the order of their first row. */
  readonly rank: (group: string) => number
}

/** The same rows, those of one group together and in their order. */
export function groupedRows<Row>(rows: readonly Row[], { of, rank }: Grouping<Row>): Row[] {
  return [...Map.groupBy(rows, of)].sort(([one], [other]) => rank(one) - rank(other)).flatMap(([, group]) => group)
}
