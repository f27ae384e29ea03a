/** How the columns of a line are written. */
export interface CsvLayout {
  readonly separator: string
  /** One character, '' for none. */
  readonly quote: string
}

/**
 * Reads one row: columns parted by the separator; one in quotes may hold separators, line ends and doubled quotes.
 * Null where quotes are not closed, or text follows them. Source: RFC 4180, with any one-character separator.
 * `maxColumns`: the row is read to one column more, no further.
 */
export function readCsvRow(text: string, layout: CsvLayout, maxColumns: number): readonly string[] | null {
  const { separator, quote } = layout
  const columns: string[] = []
  let at = 0
  while (columns.length <= maxColumns) {
    if (quote !== '' && text[at] === quote) {
      const end = closingQuote(text, at, quote)
      if (end === -1) return null
      columns.push(text.slice(at + 1, end).replaceAll(quote + quote, quote))
      at = end + 1
      if (at < text.length && text[at] !== separator) return null
    } else {
      const end = text.indexOf(separator, at)
      const to = end === -1 ? text.length : end
      columns.push(text.slice(at, to))
      at = to
    }
    if (at >= text.length) return columns
    at += 1
  }
  return columns
}

function closingQuote(text: string, at: number, quote: string): number {
  for (let i = text.indexOf(quote, at + 1); i !== -1; i = text.indexOf(quote, i + 2))
    if (text[i + 1] !== quote) return i
  return -1
}
