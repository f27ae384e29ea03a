import { decodeJaegerProtobuf } from '../../decode/jaeger/jaeger-protobuf.ts'
import { ProtobufWriter } from '../../decode/wire/protobuf-writer.ts'
import type { Outcome } from '../../model/sink.ts'
import type { GrpcReceiver } from '../receiver.ts'

/**
 * Field in which an answer says what was rejected. PostSpansResponse has no fields, and clients pass over those that they
 * do not know: an error instead would have them repeat or drop spans that are stored.
 */
const rejectionsField = 1000

function answerOf({ rejections }: Outcome): Uint8Array {
  const writer = new ProtobufWriter()
  const words = rejections.map(({ reason, count, sample }) => `${count} ${reason}, such as ${sample}`)
  if (words.length > 0) writer.text(rejectionsField, words.join('; '))
  return writer.finish()
}

/** Jaeger's collector API v2 over gRPC, on the port of OTLP over gRPC. Source: jaeger-idl, proto/api_v2/collector.proto. */
export const jaegerGrpc: GrpcReceiver = {
  kind: 'grpc',
  name: 'jaeger_grpc',
  title: 'Jaeger over gRPC',
  summary: 'Jaeger agents and collectors with `api_v2.CollectorService/PostSpans`, and exporters `jaeger` over gRPC.',
  signals: ['traces'],
  defaultPort: 4317,
  snippets: [
    {
      title: 'Jaeger agent',
      language: 'shell',
      template: 'jaeger-agent --reporter.grpc.host-port={{host}}:{{port}}',
    },
  ],
  methods: [
    {
      path: '/jaeger.api_v2.CollectorService/PostSpans',
      signal: 'traces',
      async handle({ message, ...about }, { sink }) {
        const batch = decodeJaegerProtobuf(message, about)
        if (batch.rowCount === 0 && batch.decodeRejections.length === 0) return new Uint8Array(0)
        return answerOf(await sink.append(batch))
      },
    },
  ],
}
