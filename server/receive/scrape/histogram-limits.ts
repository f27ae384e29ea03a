import type { HistogramSpan, NativeHistogram } from '../../model/metric.ts'

/** Resolutions of exponential buckets; those with bounds of their own have another schema and cannot be reduced. */
const minSchema = -4
const maxSchema = 8
const customSchema = -53

interface HistogramLimits {
  /** Most buckets; 0: any number. */
  readonly bucketLimit: number
  /** Least growth from one bucket to the next; 0: any. */
  readonly minBucketFactor: number
}

/** Null where there is nothing to limit. */
export function histogramLimiter(limits: HistogramLimits): ((histogram: NativeHistogram) => NativeHistogram) | null {
  if (limits.bucketLimit === 0 && limits.minBucketFactor <= 1) return null
  return (histogram) => limitHistogram(histogram, limits)
}

/**
 * The histogram at a resolution that fits `native_histogram_min_bucket_factor` and `native_histogram_bucket_limit`.
 * Throws: an Error in words where it cannot be made to fit, which fails the scrape. Source: Prometheus 3 scrape,
 * `maxSchemaAppender` and `bucketLimitAppender`.
 */
function limitHistogram(
  histogram: NativeHistogram,
  { bucketLimit, minBucketFactor }: HistogramLimits,
): NativeHistogram {
  const isExponential = histogram.schema !== customSchema
  let fitting = histogram
  if (isExponential) fitting = atSchema(fitting, Math.min(fitting.schema, schemaFor(minBucketFactor)))
  while (bucketLimit > 0 && bucketsOf(fitting) > bucketLimit) {
    if (!isExponential || fitting.schema <= minSchema)
      throw new Error(`native_histogram_bucket_limit exceeded: ${bucketsOf(fitting)} buckets, at most ${bucketLimit}`)
    fitting = atSchema(fitting, fitting.schema - 1)
  }
  return fitting
}

function bucketsOf({ positiveCounts, negativeCounts }: NativeHistogram): number {
  return positiveCounts.length + negativeCounts.length
}

/** The finest resolution whose buckets grow by at least `factor`: by 2^(2^-schema) each. */
function schemaFor(factor: number): number {
  if (factor <= 1) return maxSchema
  const schema = Math.floor(0 - Math.log2(Math.log2(factor)))
  return Math.max(minSchema, Math.min(maxSchema, schema))
}

/** Neighbouring buckets become one: 2 per step. */
function atSchema(histogram: NativeHistogram, schema: number): NativeHistogram {
  const steps = histogram.schema - schema
  if (steps <= 0) return histogram
  const positive = merged(histogram.positiveSpans, histogram.positiveCounts, steps)
  const negative = merged(histogram.negativeSpans, histogram.negativeCounts, steps)
  return {
    ...histogram,
    schema,
    positiveSpans: positive.spans,
    positiveCounts: positive.counts,
    negativeSpans: negative.spans,
    negativeCounts: negative.counts,
  }
}

function merged(spans: readonly HistogramSpan[], counts: readonly number[], steps: number) {
  const merged: { spans: { offset: number; length: number }[]; counts: number[] } = { spans: [], counts: [] }
  let index = 0
  let at = 0
  let last = Number.NEGATIVE_INFINITY
  for (const { offset, length } of spans) {
    index += offset
    for (let i = 0; i < length; i++, index++, at++) {
      // Bucket i holds (base^(i-1), base^i].
      const target = ((index - 1) >> steps) + 1
      if (target === last) merged.counts[merged.counts.length - 1] += counts[at]
      else {
        merged.counts.push(counts[at])
        const span = merged.spans.at(-1)
        if (span !== undefined && target === last + 1) span.length += 1
        else merged.spans.push({ offset: span === undefined ? target : target - last - 1, length: 1 })
      }
      last = target
    }
  }
  return merged
}
