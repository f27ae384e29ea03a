import type { Labels } from '../../../query/promql/labels.ts'
import type { SampleSeries } from '../../../query/promql/value.ts'
import { crc32c } from './crc32c.ts'
import { Message } from './protobuf-message.ts'
import { chunksOf } from './sample-chunks.ts'

/** Content type of the frames. */
export const framesType = 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse'

/** A frame that is longer takes no further chunk, bytes. Prometheus' own bound is the same. */
const fullFrameBytes = 1024 * 1024

/** Chunk.Encoding. */
const encodings = { xor: 1, floatHistogram: 3 } as const

/**
 * The frames of one series: length, CRC-32C and a `prometheus.ChunkedReadResponse` each. A frame holds one series, as
 * readers expect; a long series goes on in the next frame. Source: prompb/remote.proto, storage/remote/chunked.go.
 */
export function* framesOf(series: SampleSeries, queryIndex: number): Generator<Uint8Array> {
  let message: Message | null = null
  for (const chunk of chunksOf(series)) {
    message ??= startOf(series.labels)
    const one = new Message(chunk.bytes.length + 48)
    one.integer(1, chunk.startMs)
    one.integer(2, chunk.endMs)
    one.integer(3, encodings[chunk.encoding])
    one.nested(4, chunk.bytes)
    message.nested(2, one.done())
    if (message.done().length < fullFrameBytes) continue
    yield frame(message, queryIndex)
    message = null
  }
  if (message !== null) yield frame(message, queryIndex)
}

function startOf(labels: Labels): Message {
  const message = new Message()
  message.labels(1, labels)
  return message
}

function frame(series: Message, queryIndex: number): Uint8Array {
  const inner = series.done()
  const message = new Message(inner.length + 32)
  message.nested(1, inner)
  message.integer(2, queryIndex)
  const bytes = message.done()
  const head: number[] = []
  let rest = bytes.length
  for (; rest > 127; rest >>>= 7) head.push((rest & 127) | 128)
  head.push(rest)
  const made = Buffer.allocUnsafe(head.length + 4 + bytes.length)
  made.set(head)
  made.writeUInt32BE(crc32c(bytes), head.length)
  made.set(bytes, head.length + 4)
  return made
}
