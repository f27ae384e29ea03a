import type { MetricBatch, Rejection } from '../../model/batch.ts'
import { type NativeHistogram, staleHigh, staleLow } from '../../model/metric.ts'

/** A sample that a scrape adds of its own. */
export interface AddedSample {
  readonly ref: number
  readonly value: number
}

/** What a scrape stores besides what the target exposed. */
export interface Additions {
  readonly timestampMs: number
  /** Rows of the exposition to leave out. Ascending. */
  readonly repeatedRows: readonly number[]
  readonly staleSamples: readonly number[]
  readonly staleHistograms: readonly number[]
  readonly report: readonly AddedSample[]
  readonly rejections: readonly Rejection[]
}

/** The batch of one scrape: samples of the exposition, staleness markers, the scrape's own samples. */
export function assembleBatch(exposed: MetricBatch, additions: Additions): MetricBatch {
  const { timestampMs: nowMs, repeatedRows, staleSamples, report } = additions
  const kept = exposed.sampleCount - repeatedRows.length
  const sampleCount = kept + staleSamples.length + report.length
  const ref = new Uint32Array(sampleCount)
  const timestampMs = new Float64Array(sampleCount)
  const value = new Float64Array(sampleCount)
  // Bits of NaNs survive only as words.
  const words = new Uint32Array(value.buffer)
  const exposedWords = new Uint32Array(exposed.value.buffer, exposed.value.byteOffset, 2 * exposed.sampleCount)
  let at = 0
  for (let i = 0, skip = 0; i < exposed.sampleCount; i++) {
    if (i === repeatedRows[skip]) {
      skip += 1
      continue
    }
    ref[at] = exposed.ref[i]
    timestampMs[at] = exposed.timestampMs[i]
    words[2 * at] = exposedWords[2 * i]
    words[2 * at + 1] = exposedWords[2 * i + 1]
    at += 1
  }
  timestampMs.fill(nowMs, at)
  for (const gone of staleSamples) {
    ref[at] = gone
    words[2 * at] = staleLow
    words[2 * at + 1] = staleHigh
    at += 1
  }
  for (const sample of report) {
    ref[at] = sample.ref
    value[at] = sample.value
    at += 1
  }
  const histograms = [...exposed.histograms, ...additions.staleHistograms.map((gone) => staleHistogram(gone, nowMs))]
  return {
    ...exposed,
    rowCount: sampleCount + histograms.length,
    sampleCount,
    ref,
    timestampMs,
    value,
    histograms,
    decodeRejections: [...exposed.decodeRejections, ...additions.rejections],
  }
}

const staleSum = new Float64Array(Uint32Array.of(staleLow, staleHigh).buffer)

function staleHistogram(ref: number, timestampMs: number): NativeHistogram {
  return {
    ref,
    timestampMs,
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: staleSum[0],
    positiveSpans: [],
    positiveCounts: [],
    negativeSpans: [],
    negativeCounts: [],
    customBounds: [],
    resetHint: 0,
    isFloat: false,
    isDelta: false,
  }
}
