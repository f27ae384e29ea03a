import type { LogBatch } from '../../model/batch.ts'
import type { DecodeContext } from '../decode-context.ts'
import { pair, setNanos } from '../log-line/entry-values.ts'
import { readSecondsAndNanos } from '../wire/protobuf-messages.ts'
import { ProtobufReader } from '../wire/protobuf-reader.ts'
import { RememberedBytes } from '../wire/remembered-bytes.ts'
import { LokiRows, metadataRoleOf } from './loki-rows.ts'
import { parseStreamLabels, type StreamSource, sourceOfLabels } from './stream-labels.ts'

/** Streams by the bytes of their labels, and what names of metadata stand for: senders send the same again and again. */
const knownSources = new RememberedBytes<StreamSource>(sourceOfText, { maxBytes: 1_024 })
const metadataRoles = new RememberedBytes(metadataRoleOf, { maxBytes: 48 })

function sourceOfText(text: string): StreamSource {
  return sourceOfLabels(parseStreamLabels(text))
}

/** Nanoseconds of a second. */
const second = 1_000_000_000

/**
 * Decodes a Loki push request in protobuf (`logproto.PushRequest`, snappy removed).
 *
 * Lines stay byte for byte. Labels become the resource, structured metadata the attributes (`stream-labels.ts`,
 * `loki-rows.ts`); a stream's `hash` and an entry's `parsed` labels (what Loki itself read out of the line) are passed over.
 * Rejected alone: an entry that is malformed or beyond a limit, and all entries of a stream whose labels are.
 * Throws: DecodeError where the framing is broken, or there are too many entries (`decode-context.ts`).
 * Cost: about 1.3 µs for an entry of 290 bytes with 6 pairs of metadata.
 * Source: Loki 3, pkg/push/push.proto.
 */
export function decodeLokiPush(body: Uint8Array, context: DecodeContext): LogBatch {
  const rows = new LokiRows(context, body.length)
  const reader = new ProtobufReader(body)
  while (reader.position < reader.end)
    if (reader.tag() === 0x0a) {
      const outer = reader.enter()
      readStream(reader, rows)
      reader.leave(outer)
    } else reader.skip()
  return rows.finish()
}

/** StreamAdapter: 1 = labels, 2 = entries. */
function readStream(reader: ProtobufReader, rows: LokiRows): void {
  const start = reader.position
  rows.beginStream(() => readSource(reader))
  reader.position = start
  while (reader.position < reader.end)
    if (reader.tag() === 0x12) {
      const outer = reader.enter()
      const { end } = reader
      rows.readEntry(() => readEntry(reader, rows))
      // An entry with a fault leaves the reader within one of its messages.
      reader.end = end
      reader.leave(outer)
    } else reader.skip()
}

/** What the labels of the stream say, wherever they stand in it. Throws: DecodeError where they cannot be read. */
function readSource(reader: ProtobufReader): StreamSource {
  while (reader.position < reader.end) {
    if (reader.tag() !== 0x0a) {
      reader.skip()
      continue
    }
    const end = reader.rangeEnd()
    // Senders write them first.
    return knownSources.of(reader.bytes, reader.position, end)
  }
  return sourceOfText('')
}

/** EntryAdapter: 1 = timestamp, 2 = line, 3 = structured metadata. */
function readEntry(reader: ProtobufReader, rows: LokiRows): void {
  const { end } = reader
  let timeLow = 0
  let timeHigh = 0
  let lineStart = 0
  let lineEnd = 0
  while (reader.position < end)
    switch (reader.tag()) {
      case 0x0a:
        readTimestamp(reader)
        timeLow = pair.low
        timeHigh = pair.high
        break
      case 0x12:
        lineEnd = reader.rangeEnd()
        lineStart = reader.position
        reader.position = lineEnd
        break
      case 0x1a:
        readMetadata(reader, rows)
        break
      default:
        reader.skip()
    }
  rows.endEntryAt(timeLow, timeHigh, { bytes: reader.bytes, start: lineStart, end: lineEnd })
}

/** google.protobuf.Timestamp: 1 = seconds, 2 = nanos; into `pair`. Throws: DecodeError before 1970 and after 2554. */
function readTimestamp(reader: ProtobufReader): void {
  const start = reader.position
  const { seconds, nanos } = readSecondsAndNanos(reader)
  if (seconds < 0 || seconds > 18_446_744_072 || nanos < 0 || nanos >= second)
    throw reader.error(`timestamp of ${seconds} s and ${nanos} ns is not between 1970 and 2554`, start)
  setNanos(seconds, nanos)
}

/** LabelPairAdapter: 1 = name, 2 = value. */
function readMetadata(reader: ProtobufReader, rows: LokiRows): void {
  const { pair: found } = rows
  found.keys = found.values = reader.bytes
  found.keyStart = found.keyEnd = found.start = found.end = 0
  const outer = reader.enter()
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        found.keyEnd = reader.rangeEnd()
        found.keyStart = reader.position
        reader.position = found.keyEnd
        break
      case 0x12:
        found.end = reader.rangeEnd()
        found.start = reader.position
        reader.position = found.end
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  found.role = metadataRoles.of(reader.bytes, found.keyStart, found.keyEnd)
  rows.addPair()
}
