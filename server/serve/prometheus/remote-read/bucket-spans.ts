import type { Buckets } from '../../../query/promql/histogram/float-histogram.ts'

/** Consecutive buckets; `offset` counts from the end of the span before, the first from bucket 0. */
interface BucketSpan {
  readonly offset: number
  readonly length: number
}

/** The populated buckets as Prometheus' spans. Source: prompb/types.proto, BucketSpan. */
export function spansOf({ indexes }: Buckets): readonly BucketSpan[] {
  const spans: BucketSpan[] = []
  for (let i = 0, next = 0; i < indexes.length; ) {
    let length = 1
    while (i + length < indexes.length && indexes[i + length] === indexes[i] + length) length += 1
    spans.push({ offset: indexes[i] - next, length })
    next = indexes[i] + length
    i += length
  }
  return spans
}
