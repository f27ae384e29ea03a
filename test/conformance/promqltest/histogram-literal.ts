import {
  type Buckets,
  bucketsFromMap,
  emptyHistogram,
  type FloatHistogram,
  type ResetHint,
} from '../../../server/query/promql/histogram/float-histogram.ts'
import { readNumber } from './script.ts'

const hints: Readonly<Record<string, ResetHint>> = {
  unknown: 'unknown',
  reset: 'reset',
  not_reset: 'no_reset',
  gauge: 'gauge',
}

/** `{{schema:1 sum:3 count:22 z_bucket:1 z_bucket_w:0.5 buckets:[5 10 7] offset:1 n_buckets:[1] n_offset:2 custom_values:[1 2]}}` */
export function parseHistogram(text: string): FloatHistogram {
  const fields = new Map<string, string>()
  for (const [, name, list, single] of text.slice(2, -2).matchAll(/([a-z_]+):\s*(?:\[([^\]]*)\]|(\S+))/g))
    fields.set(name, list ?? single)
  const number = (name: string) => readNumber(fields.get(name) ?? '0')
  const numbers = (name: string) =>
    (fields.get(name) ?? '')
      .split(/\s+/)
      .filter((part) => part !== '')
      .map(readNumber)
  return {
    ...emptyHistogram,
    resetHint: hints[fields.get('counter_reset_hint') ?? 'unknown'],
    schema: number('schema'),
    sum: number('sum'),
    count: number('count'),
    zeroCount: number('z_bucket'),
    zeroThreshold: number('z_bucket_w'),
    positive: toBuckets(numbers('buckets'), number('offset')),
    negative: toBuckets(numbers('n_buckets'), number('n_offset')),
    customBounds: numbers('custom_values'),
  }
}

function toBuckets(counts: readonly number[], offset: number): Buckets {
  return bucketsFromMap(new Map(counts.map((count, i) => [i + offset, count] as const)))
}
