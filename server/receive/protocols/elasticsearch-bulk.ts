import { Buffer } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { decodeBulk } from '../../decode/elasticsearch/bulk.ts'
import { bulkReply } from '../elasticsearch/bulk-reply.ts'
import { describeCluster, probes } from '../elasticsearch/probes.ts'
import { type FailureKind, retryAfterHeader } from '../failure.ts'
import { type HttpReceiver, type HttpReply, type HttpRoute, maxRequestBytes } from '../receiver.ts'

const json = 'application/json'
const compatible = 'application/vnd.elasticsearch+'

/** Elastic's clients refuse an answer without it. */
const product = { 'x-elastic-product': 'Elasticsearch' }

/** Types of errors in Elasticsearch's words. */
const errorTypes: Readonly<Record<FailureKind, string>> = {
  malformed: 'illegal_argument_exception',
  unauthenticated: 'security_exception',
  forbidden: 'security_exception',
  not_found: 'resource_not_found_exception',
  too_large: 'content_too_long_exception',
  unsupported_type: 'media_type_header_exception',
  unsupported_encoding: 'media_type_header_exception',
  overloaded: 'es_rejected_execution_exception',
  journal_full: 'es_rejected_execution_exception',
  internal: 'exception',
}

/** `compatible-with` of the request comes back, as clients of version 8 and 9 want to see it. */
function replyType({ accept = '', 'content-type': contentType = '' }: IncomingHttpHeaders): string {
  const asked = accept.includes(compatible) ? accept : contentType
  const version = /compatible-with=([789])/.exec(asked)?.[1]
  return asked.includes(compatible) && version !== undefined ? `${compatible}json;compatible-with=${version}` : json
}

function reply(body: string, headers: IncomingHttpHeaders): HttpReply {
  // Bytes, as the framework would rewrite the type of a text.
  const bytes = Buffer.from(body)
  return { status: 200, headers: { 'content-type': replyType(headers), ...product }, body: bytes }
}

/** A token as it is, or as the key of Elasticsearch's own form: base64 of `id:key`. */
function tokenOfApiKey(key: string | undefined): string | undefined {
  if (key === undefined) return undefined
  return /^[\x21-\x7e]*:([\x21-\x7e]+)$/.exec(Buffer.from(key, 'base64').toString('latin1'))?.[1] ?? key
}

function bulkRoute(path: string, method: 'POST' | 'PUT'): HttpRoute {
  return {
    method,
    path,
    signal: 'logs',
    listeners: ['api'],
    mediaTypes: ['application/x-ndjson', json, `${compatible}x-ndjson`, `${compatible}json`, ''],
    maxBodyBytes: maxRequestBytes,
    async handle(request, { sink }) {
      const { batch, items } = decodeBulk(request.body, request.params.index ?? '', request)
      const outcome = await sink.append(batch)
      return reply(bulkReply(items, outcome, batch.decodeRejections), request.headers)
    },
  }
}

function answerRoute(path: string, method: 'GET' | 'PUT', answer: (headers: IncomingHttpHeaders) => object): HttpRoute {
  return {
    method,
    path,
    // What a browser asks for belongs to the web app.
    ...(method === 'GET' ? { caller: 'program' } : {}),
    signal: 'logs',
    listeners: ['api'],
    mediaTypes: [],
    maxBodyBytes: maxRequestBytes,
    handle: async ({ headers }) => reply(JSON.stringify(answer(headers)), headers),
  }
}

function routesBelow(prefix: string): HttpRoute[] {
  return [
    answerRoute(prefix === '' ? '/' : prefix, 'GET', describeCluster),
    ...['/_bulk', '/:index/_bulk'].flatMap((path) =>
      (['POST', 'PUT'] as const).map((method) => bulkRoute(`${prefix}${path}`, method)),
    ),
    ...probes.flatMap(({ path, methods, answer }) =>
      methods.map((method) => answerRoute(`${prefix}${path}`, method, answer)),
    ),
  ]
}

/**
 * Elasticsearch's bulk API, with what its writers ask before they send. Below `/` and below `/elasticsearch`.
 * `GET /` is answered to programs only: a request whose `Accept` names `text/html` is a browser's, for the web app.
 */
export const elasticsearchBulk: HttpReceiver = {
  kind: 'http',
  name: 'elasticsearch_bulk',
  title: 'Elasticsearch bulk',
  summary:
    "Filebeat, Logstash, Fluent Bit, Vector and Elastic's client libraries: documents become log records, ECS fields OpenTelemetry attributes.",
  signals: ['logs'],
  defaultPort: 8080,
  snippets: [
    {
      title: 'Filebeat',
      language: 'yaml',
      template:
        'setup.template.enabled: false\nsetup.ilm.enabled: false\noutput.elasticsearch:\n  hosts: ["http://{{host}}:{{port}}/elasticsearch"]',
    },
    {
      title: 'Fluent Bit',
      language: 'text',
      template:
        '[OUTPUT]\n  Name  es\n  Match *\n  Host  {{host}}\n  Port  {{port}}\n  Path  /elasticsearch\n  Suppress_Type_Name On',
    },
    {
      title: 'Vector',
      language: 'yaml',
      template:
        'sinks:\n  sightline:\n    type: elasticsearch\n    inputs: ["*"]\n    endpoints: ["http://{{host}}:{{port}}/elasticsearch"]\n    api_version: v8',
    },
  ],
  routes: ['', '/elasticsearch'].flatMap(routesBelow),
  refuse(failure) {
    const error = { type: errorTypes[failure.kind], reason: failure.message }
    return {
      status: failure.status,
      headers: { 'content-type': json, ...product, ...retryAfterHeader(failure) },
      body: JSON.stringify({ error: { root_cause: [error], ...error }, status: failure.status }),
    }
  },
  tokenOf: ({ authorization }) => tokenOfApiKey(/^ApiKey\s+(\S+)$/i.exec(authorization ?? '')?.[1]),
}
