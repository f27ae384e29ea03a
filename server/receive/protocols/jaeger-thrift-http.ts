import { decodeJaegerThrift } from '../../decode/jaeger/jaeger-thrift.ts'
import type { Outcome } from '../../model/sink.ts'
import { retryAfterHeader } from '../failure.ts'
import { type HttpReceiver, type HttpReply, type HttpRoute, maxRequestBytes } from '../receiver.ts'

const textType = 'text/plain; charset=utf-8'

/** 202 as long as anything was taken, with words about what was not. */
function replyOf({ acceptedRows, rejections }: Outcome): HttpReply {
  if (rejections.length === 0) return { status: 202 }
  const words = rejections.map(({ reason, count, sample }) => `${count} ${reason}: ${sample}`).join('\n')
  return { status: acceptedRows === 0 ? 400 : 202, headers: { 'content-type': textType }, body: `${words}\n` }
}

function routeOf(path: string): HttpRoute {
  return {
    method: 'POST',
    path,
    signal: 'traces',
    listeners: ['api'],
    mediaTypes: ['application/x-thrift', 'application/vnd.apache.thrift.binary'],
    maxBodyBytes: maxRequestBytes,
    handle: async (request, { sink }) => replyOf(await sink.append(decodeJaegerThrift(request.body, request))),
  }
}

/**
 * Jaeger's collector over HTTP, as its client libraries know it; the port of a Jaeger collector is 14268. Also below `/jaeger`.
 * Source: https://www.jaegertracing.io/docs/1.76/architecture/apis/#thrift-over-http-stable
 */
export const jaegerThriftHttp: HttpReceiver = {
  kind: 'http',
  name: 'jaeger_thrift_http',
  title: 'Jaeger, Thrift over HTTP',
  summary: "Jaeger's own client libraries, and all that sends Thrift to a Jaeger collector: spans.",
  signals: ['traces'],
  defaultPort: 8080,
  snippets: [
    {
      title: 'Jaeger client',
      language: 'shell',
      template: 'export JAEGER_ENDPOINT=http://{{host}}:{{port}}/api/traces',
    },
  ],
  routes: ['/api/traces', '/jaeger/api/traces'].map(routeOf),
  refuse: (failure) => ({
    status: failure.status,
    headers: { 'content-type': textType, ...retryAfterHeader(failure) },
    body: `${failure.message}\n`,
  }),
}
