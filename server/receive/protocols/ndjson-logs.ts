import { decodeNdjsonLogs } from '../../decode/ndjson-logs.ts'
import type { Outcome } from '../../model/sink.ts'
import { type FailureKind, retryAfterHeader } from '../failure.ts'
import { type HttpReceiver, type HttpReply, maxRequestBytes } from '../receiver.ts'

/** The last two are what curl says unless it is told otherwise, and what programs say that do not care. */
const mediaTypes = [
  'application/x-ndjson',
  'application/jsonl',
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  '',
]

function json(status: number, body: object, headers: Record<string, string> = {}): HttpReply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  }
}

function replyOf({ acceptedRows, rejections }: Outcome): HttpReply {
  const isRefused = acceptedRows === 0 && rejections.length > 0
  return json(isRefused ? 400 : 200, { accepted: acceptedRows, rejected: rejections })
}

/** Codes of errors as the API uses them everywhere. */
const codes: Readonly<Record<FailureKind, string>> = {
  malformed: 'bad_request',
  unauthenticated: 'unauthenticated',
  forbidden: 'forbidden',
  not_found: 'not_found',
  too_large: 'too_large',
  unsupported_type: 'unsupported_media_type',
  unsupported_encoding: 'unsupported_media_type',
  overloaded: 'too_many_requests',
  journal_full: 'unavailable',
  internal: 'internal',
}

/** Log lines, JSON or plain, over HTTP: what a shell script or a log shipper without a protocol can send. */
export const ndjsonLogs: HttpReceiver = {
  kind: 'http',
  name: 'ndjson_logs',
  title: 'Log lines over HTTP',
  summary:
    'One log record per line: JSON objects with the usual keys (time, level, message, service, trace_id, …) or plain text.',
  signals: ['logs'],
  defaultPort: 8080,
  snippets: [
    {
      title: 'curl',
      language: 'shell',
      template:
        'curl -X POST http://{{host}}:{{port}}/api/logs -H "Content-Type: application/x-ndjson" --data-binary @app.log',
    },
  ],
  routes: [
    {
      method: 'POST',
      path: '/api/logs',
      signal: 'logs',
      listeners: ['api'],
      mediaTypes,
      maxBodyBytes: maxRequestBytes,
      handle: async (request, { sink }) => replyOf(await sink.append(decodeNdjsonLogs(request.body, request))),
    },
  ],
  refuse: (failure) =>
    json(failure.status, { error: { code: codes[failure.kind], message: failure.message } }, retryAfterHeader(failure)),
}
