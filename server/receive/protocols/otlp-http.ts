import { encodeRpcStatus, type OtlpFormat } from '../../decode/otlp-response.ts'
import { type Signal, signals } from '../../model/signal.ts'
import { retryAfterHeader } from '../failure.ts'
import { exportOtlp } from '../otlp-export.ts'
import { type HttpReceiver, type HttpRoute, maxRequestBytes } from '../receiver.ts'
import { rpcCodeOf } from '../rpc-codes.ts'

const mediaTypes: Readonly<Record<OtlpFormat, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

function formatOf(mediaType: string): OtlpFormat {
  return mediaType === mediaTypes.json ? 'json' : 'protobuf'
}

function routeOf(signal: Signal, prefix: string): HttpRoute {
  return {
    method: 'POST',
    path: `${prefix}/v1/${signal}`,
    signal,
    listeners: ['ingest', 'api'],
    mediaTypes: Object.values(mediaTypes),
    maxBodyBytes: maxRequestBytes,
    async handle(request, context) {
      const format = formatOf(request.mediaType)
      const body = await exportOtlp({ ...request, signal, format }, context)
      return { status: 200, headers: { 'content-type': mediaTypes[format] }, body }
    },
  }
}

/**
 * OTLP over HTTP. Answers come in the request's encoding; a request of an unknown type is answered in JSON.
 * Source: OTLP specification 1.9, "OTLP/HTTP".
 */
export const otlpHttp: HttpReceiver = {
  kind: 'http',
  name: 'otlp_http',
  title: 'OTLP over HTTP',
  summary:
    'OpenTelemetry SDKs and Collectors with the exporter `otlphttp` or the protocol `http/protobuf` or `http/json`: metrics, logs and traces.',
  signals,
  defaultPort: 4318,
  snippets: [
    {
      title: 'SDK, by environment variables',
      language: 'shell',
      template:
        'export OTEL_EXPORTER_OTLP_ENDPOINT=http://{{host}}:{{port}}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    },
    {
      title: 'OpenTelemetry Collector',
      language: 'yaml',
      template: 'exporters:\n  otlphttp:\n    endpoint: http://{{host}}:{{port}}',
    },
  ],
  routes: ['', '/otlp'].flatMap((prefix) => signals.map((signal) => routeOf(signal, prefix))),
  refuse(failure, mediaType) {
    const format = mediaType === mediaTypes.protobuf ? 'protobuf' : 'json'
    const { kind, message, retryAfterMs } = failure
    const status = { code: rpcCodeOf(kind), message, ...(retryAfterMs === null ? {} : { retryDelayMs: retryAfterMs }) }
    return {
      status: failure.status,
      headers: { 'content-type': mediaTypes[format], ...retryAfterHeader(failure) },
      body: encodeRpcStatus(status, format),
    }
  },
}
