import {
  type ChangeAnswer,
  type ChangesAnswer,
  changesAnswerSchema,
  changesRequestSchema,
  type ServiceStateAnswer,
} from '../../../contract/index.ts'
import type { Change } from '../../query/changes/change.ts'
import { type Changes, findChanges, type ServiceState } from '../../query/changes/find-changes.ts'
import { instantJson, rangeJson } from '../json/records.ts'
import { withScope } from '../request-scope.ts'
import { type ApiInstance, errorAnswers, type QueryParts } from './route-parts.ts'

/** `POST /api/changes` */
export function registerChanges(api: ApiInstance, parts: QueryParts): void {
  api.post(
    '/api/changes',
    {
      schema: {
        summary: 'How each service does against its usual, what came, what went, and what belongs together',
        body: changesRequestSchema,
        response: { 200: changesAnswerSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(parts.scopeOf, { request, reply }, async (scope) => {
        const { time_range: timeRange, filters } = request.body
        return answerJson(await findChanges(parts.queries, scope, { timeRange, filters }))
      }),
  )
}

function answerJson(changes: Changes): ChangesAnswer {
  // Of a platform that began within the range the hour before would halve every rate.
  const seconds = (Number(changes.range.endNs / 1_000_000n) - changes.steps.fromMs) / 1000
  return {
    time_range: rangeJson(changes.range),
    steps: { start: instantJson(changes.steps.startMs), seconds: changes.steps.seconds, count: changes.steps.count },
    duration_error: changes.durationError,
    services: changes.services.map((state) => stateJson(state, seconds)),
    stories: changes.stories.map(({ head, changes: all }) => ({
      head: changeJson(head),
      changes: all.map(changeJson),
    })),
    ...(changes.message === undefined ? {} : { message: changes.message }),
  }
}

function stateJson(
  { service, judgement, claim, now, usual, steps, versions }: ServiceState,
  seconds: number,
): ServiceStateAnswer {
  return {
    ...{ service, judgement, claim: claim === null ? null : changeJson(claim) },
    now:
      now === null
        ? null
        : {
            ...{
              request_count: now.requests,
              request_rate: now.requests / seconds,
              error_rate: now.errors / now.requests,
            },
            latency: { p50: now.p50Us, p95: now.p95Us, p99: now.p99Us },
          },
    usual:
      usual === null
        ? null
        : { p95: usual.p95Us, error_rate: usual.errorRate, request_rate: usual.rate, window: usual.window },
    requests: steps.map((step) => step.requests / step.seconds),
    errors: steps.map((step) => (step.requests === 0 ? null : step.errors / step.requests)),
    p95: steps.map((step) => (step.requests === 0 ? null : step.p95Us)),
    versions: versions.map(({ version, firstMs, lastMs, sinceMs, spans }) => ({
      ...{
        version,
        first_seen: instantJson(firstMs),
        last_seen: instantJson(lastMs),
        since: instantJson(sinceMs),
        span_count: spans,
      },
    })),
  }
}

function changeJson({ atMs, untilMs, version, previous, ...change }: Change): ChangeAnswer {
  return {
    ...change,
    ...{ at: instantJson(atMs), until: untilMs === null ? null : instantJson(untilMs) },
    ...(version === undefined ? {} : { version }),
    ...(previous === undefined ? {} : { previous }),
  }
}
