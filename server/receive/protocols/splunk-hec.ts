import { type DecodedHec, decodeHecEvents, decodeHecRaw } from '../../decode/splunk/hec-events.ts'
import type { HecSource } from '../../decode/splunk/hec-source.ts'
import type { Outcome } from '../../model/sink.ts'
import { type FailureKind, retryAfterHeader } from '../failure.ts'
import {
  type HttpIngestRequest,
  type HttpQuery,
  type HttpReceiver,
  type HttpReply,
  type HttpRoute,
  maxRequestBytes,
} from '../receiver.ts'

/** Splunk's codes of failures. Source: https://docs.splunk.com/Documentation/Splunk/latest/Data/TroubleshootHTTPEventCollector */
const codes: Readonly<Record<FailureKind, number>> = {
  malformed: 6,
  unauthenticated: 3,
  forbidden: 4,
  not_found: 4,
  too_large: 6,
  unsupported_type: 6,
  unsupported_encoding: 6,
  overloaded: 9,
  journal_full: 9,
  internal: 8,
}

/** Longest text about events that were not taken, characters. */
const maxMessageLength = 1024

function json(status: number, body: object, headers: Record<string, string> = {}): HttpReply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

function first(value: string | readonly string[] | undefined): string {
  return (typeof value === 'string' ? value : value?.[0]) ?? ''
}

function sourceOf(query: HttpQuery): HecSource {
  return {
    host: first(query.host),
    source: first(query.source),
    sourcetype: first(query.sourcetype),
    index: first(query.index),
  }
}

/**
 * Who names a channel wants to ask later whether the events are stored, which they are by now: every id that was given out
 * stands for a request on disk, so none has to be remembered.
 */
function ackOf({ headers, query }: HttpIngestRequest): { ackId?: number } {
  const hasChannel = headers['x-splunk-request-channel'] !== undefined || first(query.channel) !== ''
  return hasChannel ? { ackId: nextAckId++ } : {}
}
let nextAckId = 0

function replyOf({ firstInvalid }: DecodedHec, { rejections }: Outcome, request: HttpIngestRequest): HttpReply {
  if (rejections.length === 0) return json(200, { text: 'Success', code: 0, ...ackOf(request) })
  const words = rejections.map(({ reason, count, sample }) => `${count} ${reason}: ${sample}`).join('; ')
  const invalid = firstInvalid < 0 ? {} : { 'invalid-event-number': firstInvalid }
  return json(400, {
    text: `Invalid data format: ${words}`.slice(0, maxMessageLength),
    code: codes.malformed,
    ...invalid,
  })
}

function takeRoute(path: string, decode: typeof decodeHecEvents): HttpRoute {
  return {
    method: 'POST',
    path,
    signal: 'logs',
    listeners: ['api'],
    // Senders say anything here, curl's form among it, and Splunk does not look.
    mediaTypes: ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'application/octet-stream', ''],
    maxBodyBytes: maxRequestBytes,
    async handle(request, { sink }) {
      const decoded = decode(request.body, sourceOf(request.query), request)
      return replyOf(decoded, await sink.append(decoded.batch), request)
    },
  }
}

function answerRoute(method: 'GET' | 'POST', path: string, answer: (body: Uint8Array) => HttpReply): HttpRoute {
  return {
    method,
    path,
    signal: 'logs',
    listeners: ['api'],
    mediaTypes: [],
    maxBodyBytes: maxRequestBytes,
    handle: async ({ body }) => answer(body),
  }
}

/** `{"acks": [0, 1]}` → `{"acks": {"0": true, "1": true}}` */
function answerAcks(body: Uint8Array): HttpReply {
  let asked: unknown
  try {
    asked = (JSON.parse(Buffer.from(body).toString('utf8')) as { acks?: unknown } | null)?.acks
  } catch {
    asked = undefined
  }
  if (!Array.isArray(asked))
    return json(400, { text: 'Invalid data format: expected {"acks": [numbers]}', code: codes.malformed })
  return json(200, { acks: Object.fromEntries(asked.filter(Number.isInteger).map((id) => [id, true])) })
}

const collector = '/services/collector'

/**
 * Splunk's HTTP Event Collector.
 * Source: https://docs.splunk.com/Documentation/Splunk/latest/Data/HECRESTendpoints
 */
export const splunkHec: HttpReceiver = {
  kind: 'http',
  name: 'splunk_hec',
  title: 'Splunk HTTP Event Collector',
  summary:
    "Splunk's logging libraries, Docker's splunk driver, Fluent Bit, Vector and Cribl with an output for Splunk HEC: log records.",
  signals: ['logs'],
  defaultPort: 8080,
  snippets: [
    {
      title: 'Docker',
      language: 'shell',
      template:
        'docker run --log-driver=splunk --log-opt splunk-url=http://{{host}}:{{port}} --log-opt splunk-token=$SIGHTLINE_TOKEN IMAGE',
    },
    {
      title: 'curl',
      language: 'shell',
      template:
        'curl http://{{host}}:{{port}}/services/collector/event -H "Authorization: Splunk $SIGHTLINE_TOKEN" -d \'{"event":"hello"}\'',
    },
  ],
  routes: [
    ...['', '/event', '/event/1.0'].map((path) => takeRoute(collector + path, decodeHecEvents)),
    ...['/raw', '/raw/1.0'].map((path) => takeRoute(collector + path, decodeHecRaw)),
    ...['/health', '/health/1.0'].map((path) =>
      answerRoute('GET', collector + path, () => json(200, { text: 'HEC is healthy', code: 17 })),
    ),
    ...['/ack', '/ack/1.0'].map((path) => answerRoute('POST', collector + path, answerAcks)),
  ],
  refuse(failure) {
    // Splunk answers overload with 503, and its senders repeat only that.
    const status = failure.kind === 'overloaded' ? 503 : failure.status
    return json(status, { text: failure.message, code: codes[failure.kind] }, retryAfterHeader(failure))
  },
  tokenOf: ({ authorization = '' }, query) =>
    /^Splunk\s+(\S+)$/i.exec(authorization)?.[1] ??
    (authorization === '' && first(query.token) !== '' ? first(query.token) : undefined),
}
