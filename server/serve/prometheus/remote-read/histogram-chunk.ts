import { type Buckets, type FloatHistogram, isCustom } from '../../../query/promql/histogram/float-histogram.ts'
import type { SampleSeries } from '../../../query/promql/value.ts'
import { BitWriter, XorColumn } from './bit-writer.ts'
import { spansOf } from './bucket-spans.ts'

/** A chunk that is longer takes no further histogram, bytes. */
const fullBytes = 8 * 1024

/** First bits of the third byte. Source: chunkenc/histogram.go, CounterResetHeader. */
const resetHeaders = { unknown: 0, reset: 0b1000_0000, no_reset: 0b0100_0000, gauge: 0b1100_0000 } as const

const writer = new BitWriter(3)

/**
 * Native histograms from `from` on as one chunk of float histograms: as many as have the same buckets, tell of no reset
 * and lie before `untilMs`, `most` at most; and where the next chunk begins. Source: chunkenc/float_histogram.go.
 */
export function encodeHistograms(
  { histogramTimes, histograms }: SampleSeries,
  { from, untilMs, most }: { from: number; untilMs: number; most: number },
): { readonly end: number; readonly bytes: Uint8Array } {
  writer.reset(3)
  writeLayout(histograms[from])
  writer.varbitSigned(histogramTimes[from])
  const columns = numbersOf(histograms[from]).map((value) => {
    const column = new XorColumn()
    column.startFloat(writer, value)
    return column
  })
  let end = from + 1
  for (let distance = 0; end < histograms.length && end - from < most; end += 1) {
    if (writer.byteLength > fullBytes || histogramTimes[end] >= untilMs) break
    if (!continues(histograms[end - 1], histograms[end])) break
    const next = histogramTimes[end] - histogramTimes[end - 1]
    writer.varbitSigned(next - distance)
    distance = next
    numbersOf(histograms[end]).forEach((value, i) => {
      columns[i].nextFloat(writer, value)
    })
  }
  const bytes = writer.done()
  bytes[0] = (end - from) >> 8
  bytes[1] = end - from
  bytes[2] = resetHeaders[histograms[from].resetHint]
  return { end, bytes }
}

function numbersOf({ count, zeroCount, sum, positive, negative }: FloatHistogram): readonly number[] {
  return [count, zeroCount, sum, ...positive.counts, ...negative.counts]
}

/** Within a chunk of counters only the first may follow a reset; gauges have chunks of their own. */
function continues(before: FloatHistogram, next: FloatHistogram): boolean {
  const hint = before.resetHint === 'gauge' ? 'gauge' : 'no_reset'
  return (
    next.resetHint === hint &&
    next.schema === before.schema &&
    next.zeroThreshold === before.zeroThreshold &&
    isEqual(next.positive.indexes, before.positive.indexes) &&
    isEqual(next.negative.indexes, before.negative.indexes) &&
    isEqual(next.customBounds, before.customBounds)
  )
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}

/** Source: chunkenc/histogram_meta.go. */
function writeLayout(histogram: FloatHistogram): void {
  writeThreshold(histogram.zeroThreshold)
  writer.varbitSigned(histogram.schema)
  writeSpans(histogram.positive)
  writeSpans(histogram.negative)
  if (!isCustom(histogram)) return
  writer.varbitUnsigned(histogram.customBounds.length)
  for (const bound of histogram.customBounds) {
    // 0 says that the bound itself follows.
    writer.bits(0, 1)
    writer.float(bound)
  }
}

/** 0 is one byte; 255 says that the number follows. */
function writeThreshold(threshold: number): void {
  writer.bits(threshold === 0 ? 0 : 255, 8)
  if (threshold !== 0) writer.float(threshold)
}

function writeSpans(buckets: Buckets): void {
  const spans = spansOf(buckets)
  writer.varbitUnsigned(spans.length)
  for (const { offset, length } of spans) {
    writer.varbitUnsigned(length)
    writer.varbitSigned(offset)
  }
}
