/** Share of the letters of a name that may differ from what was typed. */
const mostDifference = 0.4

/** The name most like what was typed, of equal ones one that begins with it; null where none is like it. Compares with each name: a few thousand at most. */
export function nearestName(typed: string, names: readonly string[]): string | null {
  let nearest: string | null = null
  let least = Math.max(1, Math.floor(typed.length * mostDifference)) + 1
  for (const name of names) {
    if (Math.abs(name.length - typed.length) > least) continue
    const distance = editDistance(typed, name, least + 1)
    const isBetter = distance < least || (distance === least && nearest !== null && name.startsWith(typed))
    if (!isBetter) continue
    least = distance
    nearest = name
  }
  return nearest
}

/** Letters to insert, take out or change; `limit` where it is as many or more. */
function editDistance(one: string, other: string, limit: number): number {
  let before = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row]
    for (let at = 1; at <= other.length; at += 1)
      current[at] = Math.min(
        before[at] + 1,
        current[at - 1] + 1,
        before[at - 1] + (one[row - 1] === other[at - 1] ? 0 : 1),
      )
    if (Math.min(...current) >= limit) return limit
    before = current
  }
  return before[other.length]
}
