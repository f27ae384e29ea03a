import type { MetricFamily, PromqlLanguage } from '../../../../contract/index.ts'
import { ask } from '../../api/client.ts'
import type { Span } from '../../time/range.ts'

/** Where completion and help have their words from; set by the screen, read by the editors of the page. */
export interface Sources {
  readonly tenant: string
  readonly span: Span
  readonly language: PromqlLanguage | undefined
  readonly families: readonly MetricFamily[]
}

let current: Sources = { tenant: 'default', span: { fromMs: 0, toMs: 0 }, language: undefined, families: [] }
let families: ReadonlyMap<string, MetricFamily> = new Map()
let names: readonly string[] = []

export function setSources(sources: Sources): void {
  if (sources.families !== current.families) {
    families = new Map(sources.families.flatMap((family) => family.names.map(({ name }) => [name, family] as const)))
    names = [...families.keys()].sort()
  }
  current = sources
}

export function sources(): Sources {
  return current
}

/** The family that a stored name belongs to. */
export function familyOf(name: string): MetricFamily | undefined {
  return families.get(name)
}

/** Entries that a list of choices shows; typing more narrows it. */
const mostChoices = 100

/** Stored names that fit what was typed: those that begin with it first. One pass over the names. */
export function namesLike(typed: string): { readonly names: readonly string[]; readonly isCut: boolean } {
  const wanted = typed.toLowerCase()
  const starting: string[] = []
  const holding: string[] = []
  for (const name of names) {
    const at = name.toLowerCase().indexOf(wanted)
    if (at === 0) starting.push(name)
    else if (at > 0) holding.push(name)
    if (starting.length > mostChoices) break
  }
  const found = [...starting, ...holding]
  return { names: found.slice(0, mostChoices), isCut: found.length > mostChoices }
}

/** Names of labels, or values of one, among the series of a selector (empty: of all) in the range. */
export async function labelChoices(
  { selector, label }: { selector: string; label: string | null },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { tenant, span } = current
  const parameters = new URLSearchParams({
    start: String(span.fromMs / 1000),
    end: String(span.toMs / 1000),
    limit: String(mostChoices),
  })
  if (selector !== '') parameters.set('match[]', selector)
  const path = label === null ? 'labels' : `label/${encodeURIComponent(label)}/values`
  const { data } = await ask<{ data: string[] }>({ path: `/api/v1/${path}?${parameters}`, tenant, signal })
  return data.data.filter((name) => name !== '__name__')
}
