import { Buffer } from 'node:buffer'
import { doubleText } from '../../model/attributes-builder.ts'
import type { SpanBatch } from '../../model/batch.ts'
import type { Attribute } from '../../model/columns.ts'
import type { DecodeContext } from '../decode-context.ts'
import { SpanRecords } from '../span-records.ts'
import { readSecondsAndNanos } from '../wire/protobuf-messages.ts'
import { ProtobufReader } from '../wire/protobuf-reader.ts'
import { type JaegerProcess, type JaegerReference, type JaegerSpan, spanOfJaeger } from './jaeger-span-model-suite.ts'

const noProcess: JaegerProcess = { serviceName: '', tags: [] }
const maxUnixNano = 0xffff_ffff_ffff_ffffn

/**
 * Decodes a PostSpansRequest of Jaeger's collector API v2. A span's own process goes before the batch's. What becomes of
 * fields and tags: `jaeger-span-model-suite.ts`; warnings become the attribute `jaeger.warnings`. Trace ids of 8 bytes are padded.
 * Rejected alone, as `spans[N]`: a span with wrong or zero ids, a malformed one, one beyond a limit.
 * Throws: DecodeError where the batch around the spans is broken, or there are too many spans, logs and references.
 * Source: jaeger-idl, proto/api_v2/collector.proto and model.proto.
 */
export function modelOfJaegerProtobuf(body: Uint8Array, context: DecodeContext): SpanBatch {
  const records = new SpanRecords(context, body.length)
  const reader = new ProtobufReader(body)
  while (reader.position < reader.end)
    if (reader.tag() === 0x0a) readBatch(reader, records)
    else reader.skip()
  return records.finish()
}

/** The process may stand behind the spans, so that they are noted first. */
function readBatch(reader: ProtobufReader, records: SpanRecords): void {
  const spans: { start: number; end: number }[] = []
  let process = noProcess
  const outer = reader.enter()
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a: {
        const end = reader.rangeEnd()
        spans.push({ start: reader.position, end })
        reader.position = end
        break
      }
      case 0x12:
        process = readProcess(reader)
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  spans.forEach(({ start, end }, i) => {
    const path = (): string => `spans[${i}]`
    try {
      records.add(spanOfJaeger(readSpan(new ProtobufReader(reader.bytes, start, end), process)), path)
    } catch (error) {
      records.reject(error, path)
    }
  })
}

function readSpan(reader: ProtobufReader, batchProcess: JaegerProcess): JaegerSpan {
  const fields = { traceId: noBytes, spanId: noBytes, name: '', startUnixNano: 0n, durationNano: 0n }
  const references: JaegerReference[] = []
  const tags: Attribute[] = []
  const logs: JaegerSpan['logs'][number][] = []
  const warnings: string[] = []
  let process = batchProcess
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        fields.traceId = readId(reader, 16, 'trace id')
        break
      case 0x12:
        fields.spanId = readId(reader, 8, 'span id')
        break
      case 0x1a:
        fields.name = reader.text()
        break
      case 0x22:
        references.push(readReference(reader))
        break
      case 0x32:
        fields.startUnixNano = readNanos(reader)
        break
      case 0x3a:
        fields.durationNano = readNanos(reader)
        break
      case 0x42:
        tags.push(readTag(reader))
        break
      case 0x4a:
        logs.push(readLog(reader))
        break
      case 0x52:
        process = readProcess(reader)
        break
      case 0x62:
        warnings.push(reader.text())
        break
      default:
        reader.skip()
    }
  if (fields.traceId.length === 0 || fields.spanId.length === 0) throw reader.error('a span has no trace id or span id')
  if (fields.startUnixNano + fields.durationNano > maxUnixNano) throw reader.error('a span ends after the year 2554')
  if (warnings.length > 0) tags.push({ key: 'jaeger.warnings', type: 'a', value: JSON.stringify(warnings) })
  return { ...fields, references, tags, logs, process }
}

const noBytes: Buffer = Buffer.alloc(0)

function readId(reader: ProtobufReader, bytes: number, what: string): Buffer {
  const end = reader.rangeEnd()
  const id = reader.bytes.subarray(reader.position, end)
  reader.position = end
  if (id.length !== bytes && !(bytes === 16 && id.length === 8))
    throw reader.error(`${what} has ${id.length} bytes, expected ${bytes}`)
  if (id.every((byte) => byte === 0)) throw reader.error(`${what} is all zero`)
  return id.length === bytes ? id : Buffer.concat([Buffer.alloc(bytes - id.length), id])
}

function readReference(reader: ProtobufReader): JaegerReference {
  let traceId: Buffer = noBytes
  let spanId: Buffer = noBytes
  let type = 0
  const outer = reader.enter()
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        traceId = readId(reader, 16, 'trace id of a reference')
        break
      case 0x12:
        spanId = readId(reader, 8, 'span id of a reference')
        break
      case 0x18:
        type = reader.int32()
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  if (traceId.length === 0 || spanId.length === 0) throw reader.error('a reference has no trace id or span id')
  return { traceId, spanId, isChildOf: type === 0 }
}

/** A Timestamp or Duration: seconds and nanoseconds. */
function readNanos(reader: ProtobufReader): bigint {
  const { seconds, nanos } = readSecondsAndNanos(reader)
  const total = BigInt(seconds) * 1_000_000_000n + BigInt(nanos)
  if (total < 0n || total > maxUnixNano) throw reader.error(`${seconds} s is no time after 1970 and before 2554`)
  return total
}

function readLog(reader: ProtobufReader): JaegerSpan['logs'][number] {
  let timeUnixNano = 0n
  const fields: Attribute[] = []
  const outer = reader.enter()
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        timeUnixNano = readNanos(reader)
        break
      case 0x12:
        fields.push(readTag(reader))
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return { timeUnixNano, fields }
}

function readProcess(reader: ProtobufReader): JaegerProcess {
  let serviceName = ''
  const tags: Attribute[] = []
  const outer = reader.enter()
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        serviceName = reader.text()
        break
      case 0x12:
        tags.push(readTag(reader))
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return { serviceName, tags }
}

/** Letters of the types 0 to 4: string, bool, int64, float64, binary. */
const typeLetters = ['s', 'b', 'i', 'd', 'x'] as const

/** A field that holds its default is not sent, so that the type says which field counts. */
function readTag(reader: ProtobufReader): Attribute {
  let key = ''
  let type = 0
  const values = ['', 'false', '0', '0', '']
  const outer = reader.enter()
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        key = reader.text()
        break
      case 0x10:
        type = reader.int32()
        break
      case 0x1a:
        values[0] = reader.text()
        break
      case 0x20:
        values[1] = String(reader.bool())
        break
      case 0x28:
        reader.varint()
        values[2] = ((BigInt(reader.high) << 32n) | BigInt(reader.low >>> 0)).toString()
        break
      case 0x31:
        values[3] = doubleText(reader.double())
        break
      case 0x3a: {
        const end = reader.rangeEnd()
        values[4] = reader.bytes.toString('base64', reader.position, end)
        reader.position = end
        break
      }
      default:
        reader.skip()
    }
  reader.leave(outer)
  const known = type >= 0 && type < typeLetters.length ? type : 0
  return { key, type: typeLetters[known], value: values[known] }
}
