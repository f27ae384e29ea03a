/**
 * The candidate a person most likely meant, or undefined where none is near: at most a third of the letters
 * may differ. Upper and lower case, `_` and `-` count for nothing; a right last word in a wrong section is near too.
 */
export function nearest(wrong: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(wrong)
  let best: string | undefined
  let bestDistance = Math.floor(wanted.length / 3) + 1
  for (const candidate of candidates) {
    const whole = plain(candidate)
    const distance = Math.min(editDistance(wanted, whole, bestDistance), lastWordDistance(wanted, whole, bestDistance))
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function plain(key: string): string {
  return key.toLowerCase().replaceAll(/[_-]/g, '')
}

/** Distance of the last words alone, plus one for the section that is missing or wrong. */
function lastWordDistance(left: string, right: string, below: number): number {
  return editDistance(left.slice(left.lastIndexOf('.') + 1), right.slice(right.lastIndexOf('.') + 1), below) + 1
}

/**
 * Letters to add, remove, change or swap with their neighbour; what cannot be below `below` by the lengths alone is not
 * counted. Cost: product of the lengths, which are near each other then.
 */
function editDistance(left: string, right: string, below: number): number {
  const least = Math.abs(left.length - right.length)
  if (least >= below) return least
  let before: number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const row = [i]
    for (let j = 1; j <= right.length; j++) {
      const change = previous[j - 1] + (left[i - 1] === right[j - 1] ? 0 : 1)
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, change)
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1)
    }
    before = previous
    previous = row
  }
  return previous[right.length]
}
