import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import { DecodeError } from '../../model/sink.ts'
import type { DecodeContext } from '../decode-context.ts'
import { PlainLines } from '../log-line/plain-lines.ts'
import { sortLogLine } from '../log-line-fields.ts'
import { LogRecords } from '../log-records.ts'
import { jsonText } from '../wire/json-document.ts'
import { MsgpackExtension, type MsgpackMap, MsgpackReader, type MsgpackValue } from '../wire/msgpack-reader.ts'
import { PlainRecords } from './plain-records.ts'
import { fluentRecord } from './record.ts'
import type { FluentRequest } from './request.ts'

/** A request with the moment and the place it came from. */
export interface ReceivedFluentRequest {
  readonly request: FluentRequest
  readonly receivedMs: number
  /** Bytes as they came over the wire. */
  readonly wireBytes: number
}

const noBytes = { bytes: Buffer.alloc(0), start: 0, end: 0 }

/** Largest time, seconds: of an unsigned 64-bit number of nanoseconds. */
const maxSeconds = 18_446_744_073

/**
 * Decodes the entries of forward requests, each a log record: its keys are sorted into fields as those of a JSON line
 * (`log-line-fields.ts`), the keys of the Kubernetes filter and of Docker's driver become resource attributes. The time
 * is the record's own where a key says it, else the entry's. Where no key says what the message is, the whole record is
 * the body. The tag → attribute `fluent.tag`.
 * Rejected alone, as `requests[N].entries[M]`: an entry without a record, or beyond a limit. Entries behind one that is
 * cut off or no MessagePack cannot be found: they are lost with it, and all counted as one.
 * `context.receivedBytes`: of the entries unpacked, to make room for; the batch tells those of the wire.
 * Throws: DecodeError where there are too many entries.
 * Cost: about 2 µs for an entry of 340 bytes that is as loggers write it (`plain-records.ts`), else 6 µs.
 */
export function decodeFluent(requests: readonly ReceivedFluentRequest[], context: DecodeContext): LogBatch {
  const receivedBytes = requests.reduce((sum, { wireBytes }) => sum + wireBytes, 0)
  const records = new LogRecords({ ...context, receivedBytes }, context.receivedBytes)
  const lines = context.readsValues === true ? null : new PlainLines(records, noBytes.bytes)
  requests.forEach((received, i) => {
    const plain = lines === null ? null : new PlainRecords(lines, received.request, received.receivedMs)
    const reader = new MsgpackReader(received.request.entries)
    for (let entry = 0; reader.position < reader.end; entry++) {
      const start = reader.position
      const found = plain === null ? -1 : plain.add(start)
      if (found >= 0) {
        reader.position = found
        continue
      }
      const path = (): string => `requests[${i}].entries[${entry}]`
      try {
        addEntry(records, reader, { ...received, path })
      } catch (error) {
        records.reject(error, path)
        reader.position = nextEntry(reader, start)
      }
    }
  })
  return records.finish()
}

/** Where the entry behind the one at `start` begins, or the end where that cannot be told. */
function nextEntry(reader: MsgpackReader, start: number): number {
  try {
    reader.position = start
    reader.skip()
    return reader.position
  } catch (error) {
    if (error instanceof DecodeError) return reader.end
    throw error
  }
}

function addEntry(
  records: LogRecords,
  reader: MsgpackReader,
  { request, receivedMs, path }: ReceivedFluentRequest & { path: () => string },
): void {
  if (request.mode === 'entries') {
    const members = reader.array()
    if (members !== 2) throw reader.error(`an entry has ${members} members, expected time and record`)
  }
  const { time, metadata } = readTime(reader)
  if (reader.kind() !== 'map') throw reader.error(`a record is a map, found ${reader.kind()}`)
  const record = fluentRecord(reader.value() as MsgpackMap)
  const line = sortLogLine(record)
  records.add(
    {
      ...line,
      time: line.time === 0n ? time : line.time,
      observed: line.observed === 0n ? BigInt(Math.trunc(receivedMs)) * 1_000_000n : line.observed,
      body: line.body ?? { key: '', type: 'm', value: jsonText(record) },
      attributes: [
        ...line.attributes,
        ...(metadata === null ? [] : metadataAttributes(metadata)),
        ...(request.tag === '' ? [] : [{ key: 'fluent.tag', type: 's' as const, value: request.tag }]),
      ],
    },
    noBytes,
    path,
  )
}

function metadataAttributes(metadata: MsgpackMap) {
  const { attributes, resource } = sortLogLine({ 'fluent.metadata': fluentRecord(metadata) })
  return [...attributes, ...resource]
}

interface EntryTime {
  /** Unix nanoseconds; 0 for none. */
  readonly time: bigint
  /** What Fluent Bit 2.1 and later keep beside the time; null for none. */
  readonly metadata: MsgpackMap | null
}

function readTime(reader: MsgpackReader): EntryTime {
  if (reader.kind() !== 'array') return { time: unixNanoOf(reader.value(), reader), metadata: null }
  const members = reader.array()
  if (members < 1) throw reader.error('an entry has no time')
  const time = unixNanoOf(reader.value(), reader)
  let metadata: MsgpackMap | null = null
  for (let i = 1; i < members; i++) {
    const isMap = reader.kind() === 'map'
    const value = reader.value()
    if (isMap && Object.keys(value as MsgpackMap).length > 0) metadata ??= value as MsgpackMap
  }
  return { time, metadata }
}

/** Seconds, whole or with a fraction, or an EventTime: two unsigned 32-bit numbers, seconds and nanoseconds. */
function unixNanoOf(value: MsgpackValue, reader: MsgpackReader): bigint {
  if (value === null) return 0n
  if (value instanceof MsgpackExtension && value.type === 0 && value.bytes.length === 8)
    return BigInt(value.bytes.readUInt32BE(0)) * 1_000_000_000n + BigInt(value.bytes.readUInt32BE(4))
  if (typeof value === 'number' && value >= 0 && value < maxSeconds) {
    const seconds = Math.trunc(value)
    return BigInt(seconds) * 1_000_000_000n + BigInt(Math.round((value - seconds) * 1e9))
  }
  throw reader.error('an entry has no time: expected seconds or an EventTime')
}
