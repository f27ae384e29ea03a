import { Buffer } from 'node:buffer'
import { doubleText } from '../../model/attributes-builder.ts'
import type { SpanBatch } from '../../model/batch.ts'
import type { Attribute } from '../../model/columns.ts'
import { DecodeError } from '../../model/sink.ts'
import type { DecodeContext } from '../decode-context.ts'
import { SpanRecords } from '../span-records.ts'
import { type JaegerProcess, type JaegerReference, type JaegerSpan, spanOfJaeger } from './jaeger-span-model-suite.ts'
import { ThriftReader, thriftType } from './thrift-reader.ts'

/** Largest start and duration, microseconds: in the year 2255. Their sum fits into 64 bits of nanoseconds. */
const maxMicros = 9_000_000_000_000_000n

/**
 * Decodes a `Batch` of Jaeger's Thrift model in the binary protocol, as clients post it to `/api/traces`. What becomes of fields
 * and tags: `jaeger-span-model-suite.ts`; `parentSpanId` is a reference like the others, and the first.
 * Rejected alone, as `spans[N]`: a span with ids of zero or times out of range, one beyond a limit. `flags` are not kept.
 * Throws: DecodeError where the bytes are no such struct: Thrift has no lengths by which a broken span could be passed over.
 * Cost: about 5 µs for a span of 250 bytes with 4 tags.
 * Source: jaeger-idl, thrift/jaeger.thrift.
 */
export function modelOfJaegerThrift(body: Uint8Array, context: DecodeContext): SpanBatch {
  const records = new SpanRecords(context, body.length)
  if (body.length === 0) return records.finish()
  const reader = new ThriftReader(body)
  const spans: ThriftSpan[] = []
  let process: JaegerProcess = { serviceName: '', tags: [] }
  for (let type = reader.field(); type !== thriftType.stop; type = reader.field())
    if (reader.id === 1 && type === thriftType.struct) process = readProcess(reader)
    else if (reader.id === 2 && type === thriftType.list) readList(reader, spans, readSpan)
    else reader.skip(type)
  for (const [i, span] of spans.entries()) {
    const path = (): string => `spans[${i}]`
    try {
      records.add(spanOfJaeger(toJaegerSpan(span, process)), path)
    } catch (error) {
      records.reject(error, path)
    }
  }
  return records.finish()
}

/** A span as it stands in the bytes; times in microseconds. */
interface ThriftSpan {
  traceIdLow: bigint
  traceIdHigh: bigint
  spanId: bigint
  parentSpanId: bigint
  name: string
  start: bigint
  duration: bigint
  readonly references: JaegerReference[]
  readonly tags: Attribute[]
  readonly logs: { timeMicros: bigint; fields: Attribute[] }[]
}

/** Throws: DecodeError where an id is zero or a time out of range. */
function toJaegerSpan(span: ThriftSpan, process: JaegerProcess): JaegerSpan {
  if (span.traceIdLow === 0n && span.traceIdHigh === 0n) throw new DecodeError('trace id is zero', 'traceIdLow')
  if (span.spanId === 0n) throw new DecodeError('span id is zero', 'spanId')
  const traceId = idOf(span.traceIdHigh, span.traceIdLow)
  const parent: JaegerReference[] =
    span.parentSpanId === 0n ? [] : [{ traceId, spanId: idOf(span.parentSpanId), isChildOf: true }]
  const others = span.references.filter(
    (reference) =>
      !parent.some(
        (one) =>
          reference.isChildOf &&
          traceId.equals(reference.traceId) &&
          Buffer.compare(one.spanId, reference.spanId) === 0,
      ),
  )
  return {
    traceId,
    spanId: idOf(span.spanId),
    references: [...parent, ...others],
    name: span.name,
    startUnixNano: nanosOf(span.start, 'startTime'),
    durationNano: nanosOf(span.duration, 'duration'),
    tags: span.tags,
    logs: span.logs.map(({ timeMicros, fields }) => ({
      timeUnixNano: nanosOf(timeMicros, 'timestamp of a log'),
      fields,
    })),
    process,
  }
}

function nanosOf(micros: bigint, name: string): bigint {
  if (micros < 0n || micros > maxMicros) throw new DecodeError(`${micros} µs is not between 0 and ${maxMicros}`, name)
  return micros * 1_000n
}

function idOf(...halves: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(halves.length * 8)
  for (const [i, half] of halves.entries()) bytes.writeBigInt64BE(half, i * 8)
  return bytes
}

/** Reads a list of structs, one by one into `into`. */
function readList<T>(reader: ThriftReader, into: T[], read: (reader: ThriftReader) => T): void {
  for (let count = reader.list(thriftType.struct); count > 0; count--) into.push(read(reader))
}

function readSpan(reader: ThriftReader): ThriftSpan {
  const span: ThriftSpan = {
    traceIdLow: 0n,
    traceIdHigh: 0n,
    spanId: 0n,
    parentSpanId: 0n,
    name: '',
    start: 0n,
    duration: 0n,
    references: [],
    tags: [],
    logs: [],
  }
  for (let type = reader.field(); type !== thriftType.stop; type = reader.field())
    if (type === thriftType.i64) readNumber(reader, span)
    else if (type === thriftType.string && reader.id === 5) span.name = textOf(reader)
    else if (type === thriftType.list && reader.id === 6) readList(reader, span.references, readReference)
    else if (type === thriftType.list && reader.id === 10) readList(reader, span.tags, readTag)
    else if (type === thriftType.list && reader.id === 11) readList(reader, span.logs, readLog)
    else reader.skip(type)
  return span
}

function readNumber(reader: ThriftReader, span: ThriftSpan): void {
  const value = integerOf(reader)
  switch (reader.id) {
    case 1:
      span.traceIdLow = value
      break
    case 2:
      span.traceIdHigh = value
      break
    case 3:
      span.spanId = value
      break
    case 4:
      span.parentSpanId = value
      break
    case 8:
      span.start = value
      break
    case 9:
      span.duration = value
      break
  }
}

/** SpanRef: 1 = type (0 child of, 1 follows from), 2 and 3 = trace id, low and high, 4 = span id. */
function readReference(reader: ThriftReader): JaegerReference {
  let refType = 0
  const ids = [0n, 0n, 0n]
  for (let type = reader.field(); type !== thriftType.stop; type = reader.field())
    if (type === thriftType.i32 && reader.id === 1) refType = reader.i32()
    else if (type === thriftType.i64 && reader.id >= 2 && reader.id <= 4) {
      const index = reader.id - 2
      ids[index] = integerOf(reader)
    } else reader.skip(type)
  return { traceId: idOf(ids[1], ids[0]), spanId: idOf(ids[2]), isChildOf: refType === 0 }
}

/** Letters of the types 0 to 4: string, double, bool, i64, binary. */
const typeLetters = ['s', 'd', 'b', 'i', 'x'] as const

/** Tag: 1 = key, 2 = type, 3 to 7 = the value by its type. */
function readTag(reader: ThriftReader): Attribute {
  let key = ''
  let vType = 0
  const values = ['', '0', 'false', '0', '']
  for (let type = reader.field(); type !== thriftType.stop; type = reader.field())
    if (type === thriftType.string && reader.id === 1) key = textOf(reader)
    else if (type === thriftType.i32 && reader.id === 2) vType = reader.i32()
    else if (type === thriftType.string && reader.id === 3) values[0] = textOf(reader)
    else if (type === thriftType.double && reader.id === 4) values[1] = doubleText(doubleOf(reader))
    else if (type === thriftType.bool && reader.id === 5) values[2] = String(reader.bool())
    else if (type === thriftType.i64 && reader.id === 6) values[3] = integerOf(reader).toString()
    else if (type === thriftType.string && reader.id === 7) values[4] = textOf(reader, 'base64')
    else reader.skip(type)
  const known = vType >= 0 && vType < typeLetters.length ? vType : 0
  return { key, type: typeLetters[known], value: values[known] }
}

/** Log: 1 = time, 2 = fields. */
function readLog(reader: ThriftReader): ThriftSpan['logs'][number] {
  let timeMicros = 0n
  const fields: Attribute[] = []
  for (let type = reader.field(); type !== thriftType.stop; type = reader.field())
    if (type === thriftType.i64 && reader.id === 1) timeMicros = integerOf(reader)
    else if (type === thriftType.list && reader.id === 2) readList(reader, fields, readTag)
    else reader.skip(type)
  return { timeMicros, fields }
}

/** Process: 1 = service name, 2 = tags. */
function readProcess(reader: ThriftReader): JaegerProcess {
  let serviceName = ''
  const tags: Attribute[] = []
  for (let type = reader.field(); type !== thriftType.stop; type = reader.field())
    if (type === thriftType.string && reader.id === 1) serviceName = textOf(reader)
    else if (type === thriftType.list && reader.id === 2) readList(reader, tags, readTag)
    else reader.skip(type)
  return { serviceName, tags }
}

function textOf(reader: ThriftReader, encoding: 'utf8' | 'base64' = 'utf8'): string {
  const end = reader.rangeEnd()
  return reader.bytes.toString(encoding, reader.start, end)
}

function integerOf(reader: ThriftReader): bigint {
  reader.i64()
  return reader.bytes.readBigInt64BE(reader.start)
}

function doubleOf(reader: ThriftReader): number {
  reader.i64()
  return reader.bytes.readDoubleBE(reader.start)
}
