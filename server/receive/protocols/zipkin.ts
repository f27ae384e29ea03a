import { decodeZipkinJson } from '../../decode/zipkin/zipkin-json.ts'
import { decodeZipkinProtobuf } from '../../decode/zipkin/zipkin-protobuf.ts'
import type { Outcome } from '../../model/sink.ts'
import { retryAfterHeader } from '../failure.ts'
import { type HttpReceiver, type HttpReply, type HttpRoute, maxRequestBytes } from '../receiver.ts'

const protobuf = 'application/x-protobuf'
const textType = 'text/plain; charset=utf-8'

/** 202 as long as anything was taken, with words about what was not; reporters read neither, their logs may. */
function replyOf({ acceptedRows, rejections }: Outcome): HttpReply {
  if (rejections.length === 0) return { status: 202 }
  const words = rejections.map(({ reason, count, sample }) => `${count} ${reason}: ${sample}`).join('\n')
  return { status: acceptedRows === 0 ? 400 : 202, headers: { 'content-type': textType }, body: `${words}\n` }
}

function routeOf(path: string, mediaTypes: readonly string[]): HttpRoute {
  return {
    method: 'POST',
    path,
    signal: 'traces',
    listeners: ['api'],
    mediaTypes,
    maxBodyBytes: maxRequestBytes,
    async handle(request, { sink, clock }) {
      const decode = request.mediaType === protobuf ? decodeZipkinProtobuf : decodeZipkinJson
      return replyOf(await sink.append(decode(request.body, BigInt(clock.nowMs()) * 1_000_000n, request)))
    },
  }
}

/**
 * Zipkin's collector API. Also below `/zipkin`, as Zipkin itself has it behind proxies.
 * Source: https://zipkin.io/zipkin-api/
 */
export const zipkin: HttpReceiver = {
  kind: 'http',
  name: 'zipkin',
  title: 'Zipkin',
  summary:
    'Zipkin reporters and all tracers that can export to Zipkin (Brave, Spring Boot, Envoy, Dapr): spans in v2 JSON, v2 protobuf or v1 JSON.',
  signals: ['traces'],
  defaultPort: 8080,
  snippets: [
    {
      title: 'Spring Boot',
      language: 'yaml',
      template: 'management:\n  zipkin:\n    tracing:\n      endpoint: http://{{host}}:{{port}}/api/v2/spans',
    },
    {
      title: 'zipkin-js',
      language: 'javascript',
      template:
        "new HttpLogger({ endpoint: 'http://{{host}}:{{port}}/api/v2/spans', jsonEncoder: jsonEncoder.JSON_V2 })",
    },
  ],
  routes: ['', '/zipkin'].flatMap((prefix) => [
    routeOf(`${prefix}/api/v2/spans`, ['application/json', protobuf, 'text/plain', '']),
    routeOf(`${prefix}/api/v1/spans`, ['application/json', 'text/plain', '']),
  ]),
  refuse: (failure) => ({
    status: failure.status,
    headers: { 'content-type': textType, ...retryAfterHeader(failure) },
    body: `${failure.message}\n`,
  }),
}
