import { compressSync } from 'snappy'
import { structOf, thrift } from '../../../server/decode/jaeger/thrift-writer-suite.ts'
import { packed } from '../../../server/decode/wire/msgpack-writer.ts'
import type { Load } from '../load.ts'
import { microOf, nanoOf, randomId, recordsPerRequest, type ShopSpan, shopLines, shopSpans } from '../shop-records.ts'
import { WireWriter } from '../wire-writer.ts'

const protobuf = { 'content-type': 'application/x-protobuf' }

function pair(writer: WireWriter, field: number, [name, value]: readonly [string, string]): void {
  writer.nested(field, () => {
    writer.text(1, name)
    writer.text(2, value)
  })
}

function bytes(writer: WireWriter, field: number, value: Buffer): void {
  value.copy(writer.bytes, writer.blob(field, value.length))
}

export function lokiProtobufLoad(): Load {
  const lists = shopLines()
  return {
    name: 'Loki, protobuf',
    path: '/loki/api/v1/push',
    headers: { ...protobuf, 'content-encoding': 'snappy' },
    recordsPerRequest,
    next(nowMs) {
      const writer = new WireWriter()
      const lines = lists()
      for (let first = 0; first < lines.length; first += 50)
        writer.nested(1, () => {
          const { service, pod, host } = lines[first].origin
          writer.text(1, `{service_name="${service}", namespace="shop", pod="${pod}", node="${host}"}`)
          for (let i = first; i < first + 50; i++)
            writer.nested(2, () => {
              const nano = nanoOf(nowMs, i)
              writer.nested(1, () => {
                writer.number(1, Number(nano / 1_000_000_000n))
                writer.number(2, Number(nano % 1_000_000_000n))
              })
              writer.text(2, lines[i].body)
              for (const entry of Object.entries(lines[i].attributes)) pair(writer, 3, entry)
              pair(writer, 3, ['level', lines[i].level])
              if (lines[i].hasTrace) pair(writer, 3, ['trace_id', randomId(16).toString('hex')])
            })
        })
      return compressSync(writer.finish())
    },
  }
}

/** Spans of a request with ids: ten to a trace. */
function withIds(spans: readonly ShopSpan[]) {
  let traceId = randomId(16)
  return spans.map((span, i) => {
    if (i % 10 === 0) traceId = Buffer.from(randomId(16))
    return { span, traceId, spanId: randomId(8), parentId: i % 10 === 0 ? null : randomId(8) }
  })
}

export function zipkinProtobufLoad(): Load {
  const lists = shopSpans()
  return {
    name: 'Zipkin, protobuf',
    path: '/api/v2/spans',
    headers: protobuf,
    recordsPerRequest,
    next(nowMs) {
      const writer = new WireWriter()
      withIds(lists()).forEach(({ span, traceId, spanId, parentId }, i) => {
        writer.nested(1, () => {
          bytes(writer, 1, traceId)
          if (parentId !== null) bytes(writer, 2, parentId)
          bytes(writer, 3, spanId)
          writer.number(4, span.isServer ? 2 : 1)
          writer.text(5, span.name)
          writer.bytes.writeBigUInt64LE(BigInt(microOf(nowMs, i)), writer.fixed64(6))
          writer.number(7, span.durationUs)
          writer.nested(8, () => writer.text(1, span.origin.service))
          for (const entry of Object.entries(span.attributes)) pair(writer, 11, entry)
          if (span.isError) pair(writer, 11, ['error', 'failed'])
        })
      })
      return writer.finish()
    },
  }
}

/** Batches of one service each, as an agent sends them; here all in one request of the first service. */
export function jaegerGrpcLoad(): Load {
  const lists = shopSpans()
  return {
    name: 'Jaeger over gRPC',
    path: '/jaeger.api_v2.CollectorService/PostSpans',
    transport: 'grpc',
    headers: {},
    recordsPerRequest,
    next(nowMs) {
      const writer = new WireWriter()
      const spans = withIds(lists())
      const { service, host } = spans[0].span.origin
      writer.nested(1, () => {
        spans.forEach(({ span, traceId, spanId, parentId }, i) => {
          writer.nested(1, () => {
            bytes(writer, 1, traceId)
            bytes(writer, 2, spanId)
            writer.text(3, span.name)
            if (parentId !== null)
              writer.nested(4, () => {
                bytes(writer, 1, traceId)
                bytes(writer, 2, parentId)
              })
            const nano = nanoOf(nowMs, i)
            time(writer, 6, [Number(nano / 1_000_000_000n), Number(nano % 1_000_000_000n)])
            time(writer, 7, [0, span.durationUs * 1000])
            tag(writer, 8, ['span.kind', span.isServer ? 'server' : 'client'])
            for (const entry of Object.entries(span.attributes)) tag(writer, 8, entry)
          })
        })
        writer.nested(2, () => {
          writer.text(1, service)
          tag(writer, 2, ['hostname', host])
        })
      })
      return writer.finish()
    },
  }
}

function time(writer: WireWriter, field: number, [seconds, nanos]: readonly [number, number]): void {
  writer.nested(field, () => {
    writer.number(1, seconds)
    writer.number(2, nanos)
  })
}

function tag(writer: WireWriter, field: number, [key, value]: readonly [string, string]): void {
  writer.nested(field, () => {
    writer.text(1, key)
    writer.text(3, value)
  })
}

export function jaegerThriftLoad(): Load {
  const lists = shopSpans()
  const tagOf = (key: string, value: string) => [thrift.string(1, key), thrift.i32(2, 0), thrift.string(3, value)]
  return {
    name: 'Jaeger, Thrift',
    path: '/api/traces?format=jaeger.thrift',
    headers: { 'content-type': 'application/x-thrift' },
    recordsPerRequest,
    next(nowMs) {
      const spans = withIds(lists())
      const { service, host } = spans[0].span.origin
      const process = [thrift.string(1, service), thrift.structs(2, [tagOf('hostname', host)])]
      const fields = spans.map(({ span, traceId, spanId, parentId }, i) => [
        ...[thrift.i64(1, traceId.readBigInt64BE(8)), thrift.i64(2, traceId.readBigInt64BE(0))],
        ...[thrift.i64(3, spanId.readBigInt64BE(0)), thrift.i64(4, parentId?.readBigInt64BE(0) ?? 0n)],
        ...[thrift.string(5, span.name), thrift.i32(7, 1)],
        ...[thrift.i64(8, BigInt(microOf(nowMs, i))), thrift.i64(9, BigInt(span.durationUs))],
        thrift.structs(10, [
          tagOf('span.kind', span.isServer ? 'server' : 'client'),
          ...Object.entries(span.attributes).map(([key, value]) => tagOf(key, value)),
        ]),
      ])
      return structOf([thrift.struct(1, process), thrift.structs(2, fields)])
    },
  }
}

export function datadogTracesLoad(): Load {
  const lists = shopSpans()
  return {
    name: 'Datadog traces',
    path: '/v0.4/traces',
    headers: { 'content-type': 'application/msgpack' },
    recordsPerRequest,
    next(nowMs) {
      const spans = withIds(lists()).map(({ span, traceId, spanId, parentId }, i) => ({
        service: span.origin.service,
        name: 'web.request',
        resource: span.name,
        trace_id: traceId.readBigUInt64BE(8),
        span_id: spanId.readBigUInt64BE(0),
        parent_id: parentId?.readBigUInt64BE(0) ?? 0n,
        start: nanoOf(nowMs, i),
        duration: span.durationUs * 1000,
        error: span.isError ? 1 : 0,
        type: 'web',
        meta: { ...span.attributes, env: 'production', 'span.kind': span.isServer ? 'server' : 'client' },
        metrics: { _sampling_priority_v1: 1 },
      }))
      const traces = Array.from({ length: spans.length / 10 }, (_, i) => spans.slice(i * 10, i * 10 + 10))
      return packed(traces)
    },
  }
}
