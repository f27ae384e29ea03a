import type { Span } from '../time/range.ts'

/** Times that a range can be compared with; the key stands in the address as `cmp`. */
export const comparisons = {
  '-usual': ['What is usual', 'usual'],
  '-range': ['The time before', 'the time before'],
  '-1h': ['One hour earlier', 'an hour earlier'],
  '-1d': ['Yesterday', 'yesterday'],
  '-7d': ['Same time last week', 'last week'],
} as const

export type Comparison =
  | { readonly kind: 'usual' | 'shifted'; readonly key: keyof typeof comparisons; readonly words: string }
  | { readonly kind: 'deploy'; readonly key: string; readonly words: string; readonly atMs: number }

/** A deploy that a range can be compared with: what was before it. */
export interface DeployChoice {
  readonly key: string
  readonly words: string
  readonly atMs: number
}

export function comparisonOf(cmp: string | undefined, deploys: readonly DeployChoice[] = []): Comparison {
  const deploy = deploys.find(({ key }) => key === cmp)
  if (deploy !== undefined) return { kind: 'deploy', ...deploy }
  const key = cmp !== undefined && cmp in comparisons ? (cmp as keyof typeof comparisons) : '-usual'
  return { kind: key === '-usual' ? 'usual' : 'shifted', key, words: comparisons[key][1] }
}

/** The key of a deploy in the address: `deploy:payment@2.14.0`. */
export function deployKey(service: string, version: string): string {
  return `deploy:${service}@${version}`
}

const distanceMs: Readonly<Record<string, number>> = { '-1h': 3_600_000, '-1d': 86_400_000, '-7d': 604_800_000 }

/** The other span; of the same length, and for a deploy what lies before it. */
export function comparedSpan({ fromMs, toMs }: Span, comparison: Comparison): Span {
  const length = toMs - fromMs
  if (comparison.kind === 'deploy') return { fromMs: comparison.atMs - length, toMs: comparison.atMs }
  const by = distanceMs[comparison.key] ?? length
  return { fromMs: fromMs - by, toMs: toMs - by }
}
