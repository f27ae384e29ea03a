import type { VectorMatching } from '../ast.ts'
import type { Labels } from '../labels.ts'

/** The labels that must agree for two series to match, as a comparable key. */
export function signatureOf(matching: VectorMatching | null): (series: { readonly labels: Labels }) => string {
  const pick = matchingLabels(matching)
  return ({ labels }) => pick(labels).key
}

/** The same as labels, for messages and for partners that are filled in. */
export function matchingLabels(matching: VectorMatching | null): (labels: Labels) => Labels {
  if (matching?.on === true) {
    const names = new Set(matching.labels)
    return (labels) => labels.keep(names)
  }
  const names = new Set([...(matching?.labels ?? []), '__name__'])
  return (labels) => labels.without(names)
}
