import { decodeLokiPush } from '../../decode/loki/loki-push.ts'
import { decodeLokiPushJson } from '../../decode/loki/loki-push-json.ts'
import type { Outcome } from '../../model/sink.ts'
import { retryAfterHeader } from '../failure.ts'
import { type HttpReceiver, type HttpReply, type HttpRoute, maxRequestBytes } from '../receiver.ts'

const json = 'application/json'
const textType = 'text/plain; charset=utf-8'

/** Longest text about rejected entries, characters. */
const maxMessageLength = 1024

/** Rejected entries are answered 400, although the rest is stored, as Loki does it: senders log the words and do not repeat. */
function replyOf({ rejections }: Outcome): HttpReply {
  if (rejections.length === 0) return { status: 204 }
  const words = rejections.map(({ reason, count, sample }) => `${count} ${reason}: ${sample}`).join('\n')
  return { status: 400, headers: { 'content-type': textType }, body: `${words.slice(0, maxMessageLength)}\n` }
}

function routeOf(path: string): HttpRoute {
  return {
    method: 'POST',
    path,
    signal: 'logs',
    listeners: ['api'],
    // Without a type it is protobuf, as for Loki.
    mediaTypes: [json, 'application/x-protobuf', ''],
    // Senders of protobuf leave the header out; the body is snappy all the same.
    defaultEncoding: (mediaType) => (mediaType === json ? '' : 'snappy'),
    maxBodyBytes: maxRequestBytes,
    async handle(request, { sink }) {
      const decode = request.mediaType === json ? decodeLokiPushJson : decodeLokiPush
      return replyOf(await sink.append(decode(request.body, request)))
    },
  }
}

/**
 * Loki's push API. The tenant is that of `X-Scope-OrgID`.
 * Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs
 */
export const lokiPush: HttpReceiver = {
  kind: 'http',
  name: 'loki_push',
  title: 'Loki push',
  summary:
    'Promtail, Grafana Alloy and all that has an output for Loki: log lines with labels and structured metadata.',
  signals: ['logs'],
  defaultPort: 8080,
  snippets: [
    {
      title: 'Promtail',
      language: 'yaml',
      template: 'clients:\n  - url: http://{{host}}:{{port}}/loki/api/v1/push',
    },
    {
      title: 'Grafana Alloy',
      language: 'text',
      template: 'loki.write "sightline" {\n  endpoint {\n    url = "http://{{host}}:{{port}}/loki/api/v1/push"\n  }\n}',
    },
  ],
  routes: ['/loki/api/v1/push', '/api/prom/push'].map(routeOf),
  refuse: (failure) => ({
    status: failure.status,
    headers: { 'content-type': textType, ...retryAfterHeader(failure) },
    body: `${failure.message}\n`,
  }),
}
