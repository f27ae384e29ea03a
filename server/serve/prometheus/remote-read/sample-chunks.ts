import type { SampleSeries } from '../../../query/promql/value.ts'
import { BitWriter, fitsSigned, XorColumn } from './bit-writer.ts'
import { encodeHistograms } from './histogram-chunk.ts'

/** Samples of one chunk at most, as Prometheus cuts its own. */
const maxChunkSamples = 120

/** Samples of a stretch of time in Prometheus' encoding; the bytes are good until the next chunk is made. */
export interface SampleChunk {
  readonly startMs: number
  readonly endMs: number
  readonly encoding: 'xor' | 'floatHistogram'
  readonly bytes: Uint8Array
}

/** Chunks of a series in order of time. Of a float and a histogram at one time the float stays. */
export function* chunksOf(series: SampleSeries): Generator<SampleChunk> {
  const { times, histogramTimes } = series
  for (let f = 0, h = 0; f < times.length || h < histogramTimes.length; ) {
    const end = floatsEnd(series, f, h)
    if (end > f) {
      yield { startMs: times[f], endMs: times[end - 1], encoding: 'xor', bytes: encodeFloats(series, f, end) }
      f = end
    } else if (f > 0 && times[f - 1] === histogramTimes[h]) h += 1
    else {
      const untilMs = f < times.length ? times[f] : Infinity
      const { end: after, bytes } = encodeHistograms(series, { from: h, untilMs, most: maxChunkSamples })
      yield { startMs: histogramTimes[h], endMs: histogramTimes[after - 1], encoding: 'floatHistogram', bytes }
      h = after
    }
  }
}

/** Where the floats end that fit in a chunk and do not lie behind the next histogram. */
function floatsEnd({ times, histogramTimes }: SampleSeries, from: number, histogram: number): number {
  let end = Math.min(times.length, from + maxChunkSamples)
  if (histogram < histogramTimes.length) while (end > from && times[end - 1] > histogramTimes[histogram]) end -= 1
  return end
}

const writer = new BitWriter(2)
const column = new XorColumn()

/**
 * Samples `[from, end)` as an XOR chunk: their number in two bytes; the first time as varint and its value; the second
 * with its distance as varint; each further one with the change of the distance; values as what differs from the one
 * before. A NaN keeps its bits. Source: chunkenc/xor.go.
 */
function encodeFloats({ times, values }: SampleSeries, from: number, end: number): Uint8Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  writer.reset(2)
  writer.varint(times[from] >= 0 ? times[from] * 2 : -times[from] * 2 - 1)
  column.start(writer, words[2 * from + 1], words[2 * from])
  let distance = 0
  for (let i = from + 1; i < end; i += 1) {
    const next = times[i] - times[i - 1]
    if (i === from + 1) writer.varint(next)
    else writeChange(next - distance)
    distance = next
    column.next(writer, words[2 * i + 1], words[2 * i])
  }
  const bytes = writer.done()
  bytes[0] = (end - from) >> 8
  bytes[1] = end - from
  return bytes
}

function writeChange(change: number): void {
  if (change === 0) writer.bits(0, 1)
  else if (fitsSigned(change, 14)) {
    writer.bits(0b10, 2)
    writer.bits(change, 14)
  } else if (fitsSigned(change, 17)) {
    writer.bits(0b110, 3)
    writer.bits(change, 17)
  } else if (fitsSigned(change, 20)) {
    writer.bits(0b1110, 4)
    writer.bits(change, 20)
  } else {
    writer.bits(0b1111, 4)
    writer.integer(change, 64)
  }
}
