import type { Outcome } from '../../model/sink.ts'
import { retryAfterHeader } from '../failure.ts'
import { parseGroupingKey } from '../pushgateway/grouping-key.ts'
import { PushGroups } from '../pushgateway/push-groups.ts'
import {
  type HttpReceiver,
  type HttpReply,
  type HttpRoute,
  maxRequestBytes,
  type ReceiverContext,
} from '../receiver.ts'

const textType = 'text/plain; charset=utf-8'

const mediaTypes = [
  'application/vnd.google.protobuf',
  'application/openmetrics-text',
  'text/plain',
  'application/x-www-form-urlencoded',
  '',
]

/** What is held, per process that listens. */
const groupsOf = new WeakMap<ReceiverContext, PushGroups>()

function groupsFor(context: ReceiverContext): PushGroups {
  let groups = groupsOf.get(context)
  if (groups === undefined) {
    groups = new PushGroups(context)
    groupsOf.set(context, groups)
  }
  return groups
}

function replyOf({ rejections }: Outcome): HttpReply {
  if (rejections.length === 0) return { status: 200 }
  const words = rejections.map(({ reason, count, sample }) => `${count} ${reason}: ${sample}`).join('\n')
  return { status: 400, headers: { 'content-type': textType }, body: `${words}\n` }
}

function pushRoute(method: 'PUT' | 'POST', path: string, isBase64: boolean): HttpRoute {
  return {
    method,
    path,
    signal: 'metrics',
    listeners: ['api'],
    mediaTypes,
    maxBodyBytes: maxRequestBytes,
    async handle(request, context) {
      const key = parseGroupingKey(request.params['*'] ?? '', isBase64)
      return replyOf(
        await groupsFor(context.of).push({ ...request, key, isWhole: method === 'PUT', sink: context.sink }),
      )
    },
  }
}

function deleteRoute(path: string, isBase64: boolean): HttpRoute {
  return {
    method: 'DELETE',
    path,
    signal: 'metrics',
    listeners: ['api'],
    mediaTypes: [],
    maxBodyBytes: maxRequestBytes,
    async handle(request, context) {
      await groupsFor(context.of).remove({
        ...request,
        key: parseGroupingKey(request.params['*'] ?? '', isBase64),
        sink: context.sink,
      })
      return { status: 202 }
    },
  }
}

/**
 * Prometheus Pushgateway: values of jobs that are too short to be scraped. What is pushed is held and written again every
 * minute until it is replaced or deleted.
 * Source: https://github.com/prometheus/pushgateway#api
 */
export const pushgateway: HttpReceiver = {
  kind: 'http',
  name: 'pushgateway',
  title: 'Prometheus Pushgateway',
  summary: "Batch jobs that push their metrics with a Prometheus client library's `push_to_gateway`, or with curl.",
  signals: ['metrics'],
  defaultPort: 8080,
  snippets: [
    {
      title: 'curl',
      language: 'shell',
      template:
        'echo "backup_bytes 12345" | curl --data-binary @- http://{{host}}:{{port}}/metrics/job/backup/instance/db1',
    },
  ],
  routes: [['/metrics/job/*', false] as const, ['/metrics/job@base64/*', true] as const].flatMap(([path, isBase64]) => [
    pushRoute('PUT', path, isBase64),
    pushRoute('POST', path, isBase64),
    deleteRoute(path, isBase64),
  ]),
  refuse: (failure) => ({
    status: failure.status,
    headers: { 'content-type': textType, ...retryAfterHeader(failure) },
    body: `${failure.message}\n`,
  }),
}
