import type { ProtobufReader } from '../wire/protobuf-reader.ts'
import { readPointExemplars } from './point-exemplars.ts'
import { PointHead } from './point-head.ts'
import { seriesPart } from './point-series.ts'
import type { PointSink } from './point-sink.ts'

const head = new PointHead(7)

const noExtremes = { min: null, max: null } as const

/** Tag of the exemplars of a NumberDataPoint. */
const exemplarTag = 0x2a

/**
 * NumberDataPoint: 2 = start time, 3 = time, 4 = double, 5 = exemplars, 6 = sfixed64, 7 = attributes, 8 = flags. The reader is narrowed
 * to it. Throws: DecodeError, with nothing added.
 */
export function readNumberPoint(reader: ProtobufReader, sink: PointSink): void {
  const start = reader.position
  head.begin()
  let low = 0
  let high = 0
  let hasValue = false
  let isInteger = false
  while (reader.position < reader.end) {
    const from = reader.position
    switch (reader.tag()) {
      case 0x3a:
        head.attribute(reader, from)
        break
      case 0x19:
        head.time(reader)
        break
      case 0x11:
        head.startTime(reader)
        break
      case 0x21:
      case 0x31:
        isInteger = reader.bytes[from] === 0x31
        hasValue = true
        reader.fixed64()
        low = reader.low
        high = reader.high
        break
      case 0x40:
        head.flags(reader)
        break
      case exemplarTag:
        head.exemplar(reader)
        break
      default:
        reader.skip()
    }
  }
  if (!hasValue && !head.isStale) throw reader.error('data point has no value')
  sink.beginRows(reader, head)
  const ref = sink.resolve(seriesPart.value, 0, head)
  if (ref < 0) return
  if (head.isStale) sink.builder.addStale(ref, head.timestampMs)
  else if (isInteger) sink.builder.add(ref, head.timestampMs, high * 0x1_0000_0000 + (low >>> 0))
  else sink.builder.addBits(ref, head.timestampMs, low, high)
  if (sink.isDelta && !head.isStale) sink.builder.markDelta()
  if (head.hasExemplars) readPointExemplars(reader, { start, exemplarTag, refOf: () => ref }, sink)
  sink.addBeside(head, noExtremes)
}
