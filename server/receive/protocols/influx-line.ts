import { decodeInfluxLines, type InfluxOptions, type InfluxUnit } from '../../decode/influx/influx-lines.ts'
import type { Outcome } from '../../model/sink.ts'
import { type Failure, type FailureKind, refused, retryAfterHeader } from '../failure.ts'
import type { HttpIngestRequest, HttpQuery, HttpReceiver, HttpReply, HttpRoute } from '../receiver.ts'
import { maxRequestBytes } from '../receiver.ts'

const json = 'application/json'

/** Reported to clients, some of which look for the major version. */
const version = { 'x-influxdb-build': 'OSS', 'x-influxdb-version': '1.8.10' }

const nanoseconds: InfluxUnit = { cutDigits: 6, ms: 1 }
const microseconds: InfluxUnit = { cutDigits: 3, ms: 1 }

/** Units of timestamps by the names of both versions. */
const units: Readonly<Record<string, InfluxUnit>> = {
  '': nanoseconds,
  n: nanoseconds,
  ns: nanoseconds,
  u: microseconds,
  us: microseconds,
  µ: microseconds,
  ms: { cutDigits: 0, ms: 1 },
  s: { cutDigits: 0, ms: 1000 },
  m: { cutDigits: 0, ms: 60_000 },
  h: { cutDigits: 0, ms: 3_600_000 },
}

/** Codes of version 2 by kind of failure; all others are `invalid`. */
const codes: Readonly<Partial<Record<FailureKind, string>>> = {
  unauthenticated: 'unauthorized',
  forbidden: 'forbidden',
  not_found: 'not found',
  too_large: 'request too large',
  unsupported_type: 'unsupported media type',
  unsupported_encoding: 'unsupported media type',
  overloaded: 'too many requests',
  journal_full: 'unavailable',
  internal: 'internal error',
}

function first(value: string | readonly string[] | undefined): string {
  return (typeof value === 'string' ? value : value?.[0]) ?? ''
}

/** The words where both versions' clients look for them: `error` in version 1, `code` and `message` in version 2. */
function errorReply(status: number, code: string, message: string): HttpReply {
  const headers = {
    'content-type': json,
    'x-influxdb-error': message.replace(/[^\x20-\x7e]/g, ' ').slice(0, 512),
    ...version,
  }
  return { status, headers, body: JSON.stringify({ error: message, code, message }) }
}

/** Points that were not taken make the request fail, although the rest is stored; texts in fields do not. */
function replyOf({ acceptedRows, rejections }: Outcome): HttpReply {
  const failed = rejections.filter(({ reason }) => reason !== 'unsupported')
  if (failed.length === 0) return { status: 204, headers: version }
  const words = failed.map(({ reason, count, sample }) => `${reason}: ${sample} (${count} in all)`).join('; ')
  const dropped = failed.reduce((sum, { count }) => sum + count, 0)
  return errorReply(400, 'invalid', `partial write: ${words} dropped=${dropped} written=${acceptedRows}`)
}

function optionsOf(query: HttpQuery, label: 'db' | 'bucket', nowMs: number): InfluxOptions {
  const precision = first(query.precision)
  if (!Object.hasOwn(units, precision))
    throw refused(
      'malformed',
      `precision ${precision.slice(0, 20)} is not known; expected ns, us, ms, s, m or h (at the query)`,
    )
  const value = first(query[label])
  return { unit: units[precision], nowMs, labels: value === '' ? [] : [[label, value]] }
}

function writeRoute(path: string, label: 'db' | 'bucket'): HttpRoute {
  return {
    method: 'POST',
    path,
    signal: 'metrics',
    listeners: ['api'],
    mediaTypes: ['application/x-www-form-urlencoded', 'application/octet-stream', 'text/plain', ''],
    maxBodyBytes: maxRequestBytes,
    async handle(request, { sink, tables, clock }) {
      const { body, query, tenant, receiver, receivedBytes, memory } = request
      const context = { series: tables.of(tenant), receiver, receivedBytes, memory }
      return replyOf(await sink.append(decodeInfluxLines(body, optionsOf(query, label, clock.nowMs()), context)))
    },
  }
}

function answerRoute(
  method: 'GET' | 'POST',
  path: string,
  answer: (request: HttpIngestRequest) => HttpReply,
): HttpRoute {
  return {
    method,
    path,
    // What a browser opens belongs to the web app.
    ...(method === 'GET' ? { caller: 'program' } : {}),
    signal: 'metrics',
    listeners: ['api'],
    mediaTypes: [],
    maxBodyBytes: maxRequestBytes,
    handle: async (request) => answer(request),
  }
}

function queryText({ query, body }: HttpIngestRequest): string {
  return first(query.q) || new URLSearchParams(Buffer.from(body).toString('utf8')).get('q') || ''
}

/** Telegraf creates its database before it writes, and client libraries ask which there are; nothing else is answered. */
function answerQuery(request: HttpIngestRequest): HttpReply {
  const headers = { 'content-type': json, ...version }
  const statement = queryText(request).trim()
  if (/^(?:create|alter|drop)\s/i.test(statement) || statement === '')
    return { status: 200, headers, body: '{"results":[{"statement_id":0}]}' }
  if (/^show\s+databases\b/i.test(statement)) {
    const series = [{ name: 'databases', columns: ['name'], values: [['sightline']] }]
    return { status: 200, headers, body: JSON.stringify({ results: [{ statement_id: 0, series }] }) }
  }
  return errorReply(400, 'invalid', 'InfluxQL is not answered here; only CREATE DATABASE and SHOW DATABASES are')
}

const ping: (request: HttpIngestRequest) => HttpReply = () => ({ status: 204, headers: version })

const health = {
  name: 'influxdb',
  message: 'ready for queries and writes',
  status: 'pass',
  checks: [],
  version: '1.8.10',
  commit: '',
}

function routesBelow(prefix: string): HttpRoute[] {
  return [
    writeRoute(`${prefix}/write`, 'db'),
    writeRoute(`${prefix}/api/v2/write`, 'bucket'),
    answerRoute('GET', `${prefix}/ping`, ping),
    answerRoute('GET', `${prefix}/health`, () => ({
      status: 200,
      headers: { 'content-type': json, ...version },
      body: JSON.stringify(health),
    })),
    answerRoute('GET', `${prefix}/query`, answerQuery),
    answerRoute('POST', `${prefix}/query`, answerQuery),
  ]
}

/**
 * InfluxDB's write API in versions 1 and 2. Below `/` and below `/influx`.
 * Source: https://docs.influxdata.com/influxdb/v1/tools/api/, .../influxdb/v2/api/
 */
export const influxLine: HttpReceiver = {
  kind: 'http',
  name: 'influx_line',
  title: 'InfluxDB line protocol',
  summary:
    'Telegraf and all that writes to InfluxDB 1 or 2: fields become series named `measurement_field`, tags their labels.',
  signals: ['metrics'],
  defaultPort: 8080,
  snippets: [
    {
      title: 'Telegraf, version 1',
      language: 'text',
      template: '[[outputs.influxdb]]\n  urls = ["http://{{host}}:{{port}}"]\n  database = "telegraf"',
    },
    {
      title: 'Telegraf, version 2',
      language: 'text',
      template:
        '[[outputs.influxdb_v2]]\n  urls = ["http://{{host}}:{{port}}"]\n  token = "$SIGHTLINE_TOKEN"\n  organization = "any"\n  bucket = "telegraf"',
    },
  ],
  routes: ['', '/influx'].flatMap(routesBelow),
  refuse(failure: Failure) {
    const reply = errorReply(failure.status, codes[failure.kind] ?? 'invalid', failure.message)
    return { ...reply, headers: { ...reply.headers, ...retryAfterHeader(failure) } }
  },
  tokenOf({ authorization = '' }, query) {
    const token = /^Token\s+(\S+)$/i.exec(authorization)?.[1] ?? (authorization === '' ? first(query.p) : '')
    // Version 1.8 has `user:password` in place of a token.
    return token === '' ? undefined : token.slice(token.indexOf(':') + 1)
  },
}
