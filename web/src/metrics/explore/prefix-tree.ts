/** Names that begin alike. */
export interface Prefix {
  /** With its last `_`. */
  readonly text: string
  readonly count: number
  readonly children: readonly Prefix[]
}

/** Names below which a prefix is no group of its own. */
const fewest = 2

/** Groups of names by their parts between `_`; a group that only leads to one other is shown as that one. */
export function prefixTree(names: readonly string[]): Prefix[] {
  return prefixesUnder(names.toSorted(), '')
}

function prefixesUnder(names: readonly string[], above: string): Prefix[] {
  const groups = Map.groupBy(
    names.filter((name) => name.startsWith(above)),
    (name) => partAfter(name, above),
  )
  return [...groups].flatMap(([part, members]) => {
    if (part === null || members.length < fewest) return []
    const text = commonPrefix(members, part)
    return [{ text, count: members.length, children: prefixesUnder(members, text) }]
  })
}

/** `http_` of `http_requests_total`; null where no part follows. */
function partAfter(name: string, above: string): string | null {
  const at = name.indexOf('_', above.length + 1)
  return at < 0 ? null : name.slice(0, at + 1)
}

/** The longest beginning that all sorted names share and that ends in `_`. */
function commonPrefix(names: readonly string[], known: string): string {
  const [first, last] = [names[0], names[names.length - 1]]
  let text = known
  for (let at = known.length; at < first.length && first[at] === last[at]; at += 1)
    if (first[at] === '_') text = first.slice(0, at + 1)
  return text
}
