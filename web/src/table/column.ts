import type { ReactNode } from 'react'

/** One column; `width` in pixels is where it starts, a person may change it. */
export interface Column<Row> {
  readonly id: string
  readonly words: string
  readonly width: number
  readonly isNumber?: boolean
  /** Takes what is left of the width. */
  readonly grows?: boolean
  readonly canSort?: boolean
  readonly cell: (row: Row) => ReactNode
}
