import type { Scope } from '../model/scope.ts'
import { knownServices } from '../store/read/series.ts'
import type { QueryContext } from './query-context.ts'
import { formatSecond } from './time/instant.ts'
import type { TimeRange } from './time/time-range.ts'

/** Services that are named to somebody who asked for one that is not there. */
const namedServices = 20

/** `between A and B`, for sentences. */
export function rangeWords(range: TimeRange): string {
  return `between ${formatSecond(range.startNs)} and ${formatSecond(range.endNs)}`
}

/**
 * What to say where a service had nothing: whether it sent logs or traces since then at all, else which did,
 * the one with the most similar name first.
 */
export async function serviceWords(
  context: QueryContext,
  scope: Scope,
  question: { service: string; range: TimeRange },
): Promise<string> {
  const { service, range } = question
  const known = await knownServices(context.reader, scope, { sinceNs: range.startNs, limit: 1000 })
  if (known.includes(service)) return ''
  const day = formatSecond(range.startNs).slice(0, 10)
  if (known.length === 0) return `No service has sent logs or traces since ${day}.`
  const byLikeness = [...known].sort((a, b) => distance(a, service) - distance(b, service) || a.localeCompare(b))
  const others = known.length > namedServices ? `, and ${known.length - namedServices} more` : ''
  return `No service ${JSON.stringify(service)} has sent logs or traces since ${day}; these have: ${byLikeness.slice(0, namedServices).join(', ')}${others}.`
}

/** How unlike two names are: 0 the same, less than 1 where one holds the other, else by edits. */
function distance(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()]
  if (x === y) return 0
  if (x.includes(y) || y.includes(x)) return 1 - Math.min(x.length, y.length) / Math.max(x.length, y.length)
  return editDistance(x.slice(0, 64), y.slice(0, 64))
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]
}
