import { decodeRemoteWrite } from '../../decode/remote-write.ts'
import { decodeRemoteWriteV2 } from '../../decode/remote-write-v2.ts'
import type { MetricBatch } from '../../model/batch.ts'
import type { Outcome } from '../../model/sink.ts'
import { refused, retryAfterHeader } from '../failure.ts'
import { type HttpReceiver, type HttpReply, maxRequestBytes } from '../receiver.ts'

const mediaType = 'application/x-protobuf'

/** Names of the messages as they stand in the `proto` parameter of Content-Type; 1.0 is meant where there is none. */
const messages = { v1: 'prometheus.WriteRequest', v2: 'io.prometheus.write.v2.Request' } as const

/** Longest text about rejected samples, characters. */
const maxMessageLength = 1024

/**
 * Which message a request holds. Throws: RequestRefused (415), as the specification asks for one that is not known.
 * Source: remote write 2.0, "Content-Type".
 */
function versionOf(contentType: string): keyof typeof messages {
  const proto = /;\s*proto\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1] ?? messages.v1
  if (proto === messages.v1) return 'v1'
  if (proto === messages.v2) return 'v2'
  throw refused(
    'unsupported_type',
    `Content-Type with proto=${proto.slice(0, 100)} is not taken here; expected ${messages.v1} or ${messages.v2}`,
  )
}

/** How much of a 2.0 request is stored; a sender takes a missing header for 0. */
function writtenHeaders(batch: MetricBatch, { acceptedRows, acceptedHistograms = 0 }: Outcome): Record<string, string> {
  return {
    'x-prometheus-remote-write-samples-written': String(acceptedRows - acceptedHistograms),
    'x-prometheus-remote-write-histograms-written': String(acceptedHistograms),
    'x-prometheus-remote-write-exemplars-written': String(batch.exemplars.length),
  }
}

/** Rejected samples are answered 400, although the rest is stored: senders do not repeat it, and log the words. */
function replyOf({ rejections }: Outcome, headers: Record<string, string>): HttpReply {
  if (rejections.length === 0) return { status: 204, headers }
  const words = rejections.map(({ reason, count, sample }) => `${count} ${reason}: ${sample}`).join('\n')
  return { status: 400, headers: { ...headers, 'content-type': textType }, body: words.slice(0, maxMessageLength) }
}

const textType = 'text/plain; charset=utf-8'

/**
 * Prometheus remote write 1.0 and 2.0. Overload is answered 503 rather than 429: Prometheus throws away what is
 * answered 429 unless `retry_on_http_429` is set, and repeats what is answered 5xx.
 * Source: https://prometheus.io/docs/specs/prw/remote_write_spec/ and .../remote_write_spec_2_0/.
 */
export const prometheusRemoteWrite: HttpReceiver = {
  kind: 'http',
  name: 'prometheus_remote_write',
  title: 'Prometheus remote write',
  summary: 'Prometheus, and everything that speaks its remote write protocol in version 1.0 or 2.0: metrics.',
  signals: ['metrics'],
  defaultPort: 8080,
  snippets: [
    {
      title: 'prometheus.yml',
      language: 'yaml',
      template: 'remote_write:\n  - url: http://{{host}}:{{port}}/api/v1/write',
    },
  ],
  routes: [
    {
      method: 'POST',
      path: '/api/v1/write',
      signal: 'metrics',
      listeners: ['api'],
      mediaTypes: [mediaType],
      // Some senders of 1.0 leave the header out; the body is snappy all the same.
      defaultEncoding: 'snappy',
      maxBodyBytes: maxRequestBytes,
      async handle({ body, contentType, tenant, receiver, receivedBytes, memory }, { sink, tables }) {
        const version = versionOf(contentType)
        const decode = version === 'v1' ? decodeRemoteWrite : decodeRemoteWriteV2
        const batch = decode(body, { series: tables.of(tenant), receiver, receivedBytes, memory })
        const outcome = await sink.append(batch)
        return replyOf(outcome, version === 'v2' ? writtenHeaders(batch, outcome) : {})
      },
    },
  ],
  refuse: (failure) => ({
    status: failure.kind === 'overloaded' ? 503 : failure.status,
    headers: { 'content-type': textType, ...retryAfterHeader(failure) },
    body: failure.message,
  }),
}
