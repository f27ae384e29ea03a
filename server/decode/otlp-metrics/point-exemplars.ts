import { exemplarOf } from '../metric/exemplar.ts'
import { ProtobufReader } from '../wire/protobuf-reader.ts'
import { readAttributeTexts } from './attribute-texts.ts'
import { millisecondsOf } from './point-head.ts'
import type { PointSink } from './point-sink.ts'

/** Characters that the labels of an exemplar may have together; filtered attributes are left out beyond it. */
const maxExemplarCharacters = 128

/**
 * Reads the exemplars of the point to which the reader is narrowed. `refOf`: the series that an exemplar's value belongs
 * to, -1 for none. Throws: DecodeError.
 */
export function readPointExemplars(
  reader: ProtobufReader,
  point: { start: number; exemplarTag: number; refOf: (value: number) => number },
  sink: PointSink,
): void {
  reader.position = point.start
  while (reader.position < reader.end) {
    if (reader.tag() !== point.exemplarTag) {
      reader.skip()
      continue
    }
    const outer = reader.enter()
    readExemplar(reader, point.refOf, sink)
    reader.leave(outer)
  }
}

/** Exemplar: 2 = time, 3 = double, 4 = span id, 5 = trace id, 6 = sfixed64, 7 = filtered attributes. */
function readExemplar(reader: ProtobufReader, refOf: (value: number) => number, sink: PointSink): void {
  const start = reader.position
  let value = 0
  let timestampMs = 0
  const labels: [string, string][] = []
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x11:
        reader.fixed64()
        timestampMs = millisecondsOf(reader.low >>> 0, reader.high >>> 0)
        break
      case 0x19:
        value = reader.double()
        break
      case 0x31:
        reader.fixed64()
        value = reader.signed()
        break
      case 0x22:
        addId(reader, { name: 'span_id', bytes: 8 }, labels)
        break
      case 0x2a:
        addId(reader, { name: 'trace_id', bytes: 16 }, labels)
        break
      default:
        reader.skip()
    }
  labels.sort((a, b) => (a[0] > b[0] ? -1 : 1))
  const ref = refOf(value)
  if (ref < 0) return
  const filtered = readAttributeTexts(new ProtobufReader(reader.bytes, start, reader.end), 7)
  let characters = 0
  for (const [key, text] of [...labels, ...filtered]) characters += key.length + text.length
  if (characters <= maxExemplarCharacters) for (const [key, text] of filtered) labels.push([key, text])
  sink.builder.addExemplar(exemplarOf({ ref, timestampMs, value }, labels))
}

/** An id as a label in hex; ids of another length or of zeros only are none. */
function addId(reader: ProtobufReader, id: { name: string; bytes: number }, labels: [string, string][]): void {
  const end = reader.rangeEnd()
  const hex = reader.bytes.toString('hex', reader.position, end)
  if (end - reader.position === id.bytes && /[^0]/.test(hex)) labels.push([id.name, hex])
  reader.position = end
}
