import type { Signature } from './functions/function.ts'
import { functions } from './functions/registry.ts'
import { type Aggregation, aggregations, keywordSummaries } from './parse/token.ts'

/** The words of the language, for completion and help: from the tables that the parser and the evaluator use. */
export interface Language {
  readonly functions: readonly Signature[]
  readonly aggregations: readonly (Aggregation & { readonly name: string })[]
  readonly keywords: readonly { readonly name: string; readonly summary: string }[]
}

/** By name within each list. */
export function describeLanguage(): Language {
  return {
    functions: functions.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    aggregations: Object.keys(aggregations)
      .sort()
      .map((name) => ({ name, ...aggregations[name] })),
    keywords: Object.keys(keywordSummaries)
      .sort()
      .map((name) => ({ name, summary: keywordSummaries[name] })),
  }
}
