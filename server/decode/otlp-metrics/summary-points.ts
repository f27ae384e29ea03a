import type { ProtobufReader } from '../wire/protobuf-reader.ts'
import { PointHead } from './point-head.ts'
import { seriesPart } from './point-series.ts'
import type { PointSink } from './point-sink.ts'

const head = new PointHead(7)

/**
 * SummaryDataPoint: 3 = time, 4 = count, 5 = sum, 6 = quantiles, 7 = attributes, 8 = flags. Becomes `_sum`, `_count` and
 * a series per quantile. Throws: DecodeError, with nothing added.
 */
export function readSummaryPoint(reader: ProtobufReader, sink: PointSink): void {
  head.begin()
  let count = 0
  let sum = 0
  const quantiles: [quantile: number, value: number][] = []
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
        reader.fixed64()
        count = reader.unsigned()
        break
      case 0x29:
        sum = reader.double()
        break
      case 0x32:
        quantiles.push(readQuantile(reader))
        break
      case 0x40:
        head.flags(reader)
        break
      default:
        reader.skip()
    }
  }
  if (quantiles.length > sink.limits.maxBuckets)
    throw reader.error(`summary has more than ${sink.limits.maxBuckets} quantiles`)
  sink.beginRows(reader, head)
  sink.addSample(head, { part: seriesPart.sum, bound: 0 }, sum)
  sink.addSample(head, { part: seriesPart.count, bound: 0 }, count)
  for (const [bound, value] of quantiles) sink.addSample(head, { part: seriesPart.quantile, bound }, value)
  sink.addBeside(head, { min: null, max: null })
}

/** ValueAtQuantile: 1 = quantile, 2 = value. */
function readQuantile(reader: ProtobufReader): [number, number] {
  const outer = reader.enter()
  let quantile = 0
  let value = 0
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x09:
        quantile = reader.double()
        break
      case 0x11:
        value = reader.double()
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return [quantile, value]
}
