import type { Unit } from '../format/number.ts'
import { metricNamesIn, tokensOf } from './tokens.ts'

/** How values of a query are shown: multiplied, then with a unit. */
export interface DisplayUnit {
  readonly unit: Unit
  readonly scale: number
}

/** Units that a person may choose; the key stands in the address. */
export const unitChoices: Readonly<Record<string, DisplayUnit & { readonly words: string }>> = {
  '1': { words: 'plain number', unit: 'count', scale: 1 },
  '1/s': { words: 'per second', unit: 'rate', scale: 1 },
  s: { words: 'seconds', unit: 'ms', scale: 1000 },
  ms: { words: 'milliseconds', unit: 'ms', scale: 1 },
  bytes: { words: 'bytes', unit: 'bytes', scale: 1 },
  'bytes/s': { words: 'bytes per second', unit: 'byterate', scale: 1 },
  percent: { words: 'percent, 0 to 1', unit: 'percent', scale: 1 },
  percent100: { words: 'percent, 0 to 100', unit: 'percent', scale: 0.01 },
}

const plain = unitChoices['1']

/** What a metric counts in, as its sender says or its name ends: `seconds`, `bytes`, …; empty where neither tells. */
export function baseUnitOf(name: string, said: string): string {
  const bare = name.replace(/_(total|bucket|count|sum)$/, '')
  if (/_(timestamp|time|created|updated)_seconds$/.test(bare)) return ''
  if (said !== '') return said
  return /_(seconds|milliseconds|bytes|ratio|percent)$/.exec(bare)?.[1] ?? ''
}

const ofBase: Readonly<Record<string, DisplayUnit>> = {
  seconds: unitChoices.s,
  milliseconds: unitChoices.ms,
  bytes: unitChoices.bytes,
  ratio: unitChoices.percent,
  percent: unitChoices.percent100,
}

/** Functions whose result counts something, whatever the metric is. */
const counting = ['count', 'count_over_time', 'count_values', 'changes', 'resets', 'absent', 'group', 'timestamp']

/** What a query's values are, as far as its functions and the units of its metrics tell; else plain numbers. */
export function unitOfQuery(
  text: string,
  { unitOf, isWord }: { unitOf: (name: string) => string; isWord: (word: string) => boolean },
): DisplayUnit {
  const tokens = tokensOf(text)
  const words = new Set(tokens.filter(({ kind }) => kind === 'word').map((token) => token.text.toLowerCase()))
  const names = metricNamesIn(text, isWord)
  const bases = new Set(names.map((name) => baseUnitOf(name, unitOf(name))))
  if (names.length === 0 || bases.size > 1 || counting.some((word) => words.has(word))) return plain
  const base = ofBase[[...bases][0]] ?? plain
  if (tokens.some(({ kind, text: sign }) => kind === 'operator' && /^[*/%^]$/.test(sign)))
    return isMean(names) ? base : plain
  if (words.has('histogram_quantile') || words.has('histogram_quantiles') || words.has('histogram_avg')) return base
  const isCount = names.every((name) => /_(bucket|count)$/.test(name)) || words.has('histogram_count')
  if (words.has('rate') || words.has('irate')) {
    if (isCount) return unitChoices['1/s']
    if (base === ofBase.bytes) return unitChoices['bytes/s']
    // Seconds per second, e.g. of a processor, are a plain number.
    return base === plain ? unitChoices['1/s'] : plain
  }
  return isCount ? plain : base
}

/** `x_sum / x_count`: the mean of x. */
function isMean(names: readonly string[]): boolean {
  const [sum, count] = names
  return names.length === 2 && sum.endsWith('_sum') && count === `${sum.slice(0, -4)}_count`
}
