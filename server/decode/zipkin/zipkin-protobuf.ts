import { Buffer } from 'node:buffer'
import type { SpanBatch } from '../../model/batch.ts'
import type { DecodeContext } from '../decode-context.ts'
import { SpanRecords } from '../span-records.ts'
import { readTextPair } from '../wire/protobuf-messages.ts'
import { ProtobufReader } from '../wire/protobuf-reader.ts'
import { noEndpoint, toSpanRecord, type ZipkinEndpoint, type ZipkinKind, type ZipkinSpan } from './zipkin-span.ts'

/** Source: zipkin.proto, Span.Kind. */
const kinds: readonly (ZipkinKind | '')[] = ['', 'CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER']

/**
 * Decodes Zipkin's ListOfSpans in protobuf. See `toSpanRecord`. Rejected alone: a span that is malformed or beyond a limit.
 * Throws: DecodeError where the framing is broken, or there are too many spans (`decode-context.ts`).
 * Source: https://github.com/openzipkin/zipkin-api/blob/master/zipkin.proto
 */
export function decodeZipkinProtobuf(body: Uint8Array, nowUnixNano: bigint, context: DecodeContext): SpanBatch {
  const records = new SpanRecords(context, body.length)
  const reader = new ProtobufReader(body)
  for (let index = 0; reader.position < reader.end; ) {
    if (reader.tag() !== 0x0a) {
      reader.skip()
      continue
    }
    const path = `spans[${index++}]`
    const outer = reader.enter()
    const { end } = reader
    try {
      records.add(toSpanRecord(readSpan(reader), nowUnixNano), () => path)
    } catch (error) {
      records.reject(error, () => path)
    }
    // A span with a fault leaves the reader within one of its messages.
    reader.end = end
    reader.leave(outer)
  }
  return records.finish()
}

type Draft = { -readonly [Key in keyof ZipkinSpan]: ZipkinSpan[Key] } & {
  annotations: { timestamp: number; value: string }[]
  tags: [string, string][]
}

function readSpan(reader: ProtobufReader): ZipkinSpan {
  const span: Draft = {
    traceId: '',
    id: '',
    parentId: '',
    name: '',
    kind: '',
    timestamp: 0,
    duration: 0,
    local: noEndpoint,
    remote: noEndpoint,
    annotations: [],
    tags: [],
    shared: false,
    debug: false,
  }
  while (reader.position < reader.end) readField(reader, reader.tag(), span)
  return span
}

function readField(reader: ProtobufReader, tag: number, span: Draft): void {
  switch (tag) {
    case 0x0a:
      span.traceId = hex(reader)
      return
    case 0x12:
      span.parentId = hex(reader)
      return
    case 0x1a:
      span.id = hex(reader)
      return
    case 0x20:
      span.kind = kinds[reader.int32()] ?? ''
      return
    case 0x2a:
      span.name = reader.text()
      return
    case 0x31:
      reader.fixed64()
      span.timestamp = reader.unsigned()
      return
    case 0x38:
      reader.varint()
      span.duration = reader.unsigned()
      return
    default:
      readRarerField(reader, tag, span)
  }
}

function readRarerField(reader: ProtobufReader, tag: number, span: Draft): void {
  switch (tag) {
    case 0x42:
      span.local = readEndpoint(reader)
      return
    case 0x4a:
      span.remote = readEndpoint(reader)
      return
    case 0x52:
      span.annotations.push(readAnnotation(reader))
      return
    case 0x5a:
      span.tags.push(readTextPair(reader))
      return
    case 0x60:
      span.debug = reader.bool()
      return
    case 0x68:
      span.shared = reader.bool()
      return
    default:
      reader.skip()
  }
}

function hex(reader: ProtobufReader): string {
  const end = reader.rangeEnd()
  const text = reader.bytes.toString('hex', reader.position, end)
  reader.position = end
  return text
}

/** Endpoint: 1 = service name, 2 = IPv4 and 3 = IPv6 as bytes, 4 = port. */
function readEndpoint(reader: ProtobufReader): ZipkinEndpoint {
  let serviceName = ''
  let address = ''
  let port = 0
  const outer = reader.enter()
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        serviceName = reader.text()
        break
      case 0x12: {
        const bytes = Buffer.from(hex(reader), 'hex')
        if (bytes.length === 4) address = bytes.join('.')
        break
      }
      case 0x1a: {
        const text = hex(reader)
        if (text.length === 32 && address === '') address = ipv6Text(text)
        break
      }
      case 0x20:
        port = reader.int32() & 0xffff
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return { serviceName, address, port }
}

/** 32 digits in hex in the form of RFC 5952: the longest run of zero groups as `::`. */
function ipv6Text(text: string): string {
  return new URL(`http://[${(text.match(/.{4}/g) ?? []).join(':')}]`).hostname.slice(1, -1)
}

/** Annotation: 1 = timestamp, 2 = value. */
function readAnnotation(reader: ProtobufReader): { timestamp: number; value: string } {
  let timestamp = 0
  let value = ''
  const outer = reader.enter()
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x09:
        reader.fixed64()
        timestamp = reader.unsigned()
        break
      case 0x12:
        value = reader.text()
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return { timestamp, value }
}
