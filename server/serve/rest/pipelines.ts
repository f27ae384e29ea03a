import { z } from 'zod'
import {
  type DryRunAnswer,
  type DryRunLines,
  dryRunAnswerSchema,
  dryRunLinesSchema,
  dryRunLinesShape,
  type Pipeline,
  type PipelineStages,
  pipelineParameters,
  pipelineSchema,
  pipelineStagesAnswerSchema,
  pipelinesAnswerSchema,
} from '../../../contract/index.ts'
import { refuse } from '../../access/refusal.ts'
import type { Scope } from '../../model/scope.ts'
import {
  type DryRun,
  type LogPipelinesSetup,
  PipelineFaults,
  type PipelineState,
  type ShownLine,
  type TrialLine,
} from '../../model/setup/log-pipelines.ts'
import type { TenantId } from '../../model/tenant.ts'
import { BadQuestion, NotStored } from '../../query/faults.ts'
import { findLogs } from '../../query/logs/find-logs.ts'
import { Refused, withScope } from '../request-scope.ts'
import { type ApiInstance, errorAnswers, type QueryParts } from './route-parts.ts'

export interface PipelineRoutesParts extends QueryParts {
  readonly pipelines: LogPipelinesSetup
  /** Whether who asks may change what becomes of the tenant's log records: the right `admin` on it. */
  readonly mayAdminister: (scope: Scope) => boolean
  readonly tenantName: (tenant: TenantId) => string
}

/** Content types of definitions in YAML. */
const yamlTypes = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml']

/** Lines of a dry run on recent ones where the request does not say how many. */
const defaultRecentLines = 20

/** `/api/pipelines`: list, get, put, delete, dry run, and what stages there are. Bodies are JSON or YAML. */
export function registerPipelines(api: ApiInstance, parts: PipelineRoutesParts): void {
  void api.register((scope, _options, done) => {
    scope.addContentTypeParser(yamlTypes, { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body))
    const routes = scope as unknown as ApiInstance
    registerReading(routes, parts)
    registerChanging(routes, parts)
    registerDryRun(routes, parts)
    done()
  })
}

function registerReading(api: ApiInstance, parts: PipelineRoutesParts): void {
  const { scopeOf, pipelines } = parts
  api.get(
    '/api/pipelines',
    {
      schema: {
        summary: "The tenant's pipelines of log records, what each of their stages has done, and why one does not run",
        response: { 200: pipelinesAnswerSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, ({ tenant }) =>
        Promise.resolve({ pipelines: pipelines.list(tenant).map((one) => pipelineJson(one, pipelines)) }),
      ),
  )
  api.get(
    '/api/pipelines/stages',
    {
      schema: {
        summary: 'What stages there are, with the schema of their settings and examples',
        response: { 200: pipelineStagesAnswerSchema, ...errorAnswers },
      },
    },
    (request, reply) => withScope(scopeOf, { request, reply }, () => Promise.resolve(stagesJson(pipelines))),
  )
  api.get(
    '/api/pipelines/:name',
    {
      schema: {
        summary: 'One pipeline of log records',
        params: pipelineParameters,
        response: { 200: pipelineSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, ({ tenant }) =>
        Promise.resolve(found(pipelines, tenant, request.params.name)),
      ),
  )
}

function registerChanging(api: ApiInstance, parts: PipelineRoutesParts): void {
  const { scopeOf, pipelines } = parts
  api.put(
    '/api/pipelines/:name',
    {
      // Judged by the pipelines themselves, which know the nearest right word.
      validatorCompiler: passed,
      schema: {
        summary: 'Save a pipeline of log records, as JSON or YAML; it runs at once. Needs `admin`',
        params: pipelineParameters,
        body: pipelines.definitionSchema,
        response: { 200: pipelineSchema, 201: pipelineSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        administered(parts, scope)
        const { name } = request.params
        const isNew = await judged(() => pipelines.put(scope, name, request.body))
        void reply.code(isNew ? 201 : 200)
        return found(pipelines, scope.tenant, name)
      }),
  )
  api.delete(
    '/api/pipelines/:name',
    {
      schema: {
        summary: 'Remove a pipeline of log records. Needs `admin`',
        params: pipelineParameters,
        response: { 204: z.null(), ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        administered(parts, scope)
        const { name } = request.params
        if (!(await judged(() => pipelines.remove(scope, name)))) throw unknownPipeline(name)
        return reply.code(204).send(null)
      }),
  )
}

function registerDryRun(api: ApiInstance, parts: PipelineRoutesParts): void {
  const { scopeOf, pipelines, tenantName } = parts
  api.post(
    '/api/pipelines/dry-run',
    {
      validatorCompiler: passed,
      schema: {
        summary:
          'What a pipeline would make of lines, before and after, and what each stage costs; nothing is stored. Needs `admin`',
        body: z.strictObject({ pipeline: pipelines.definitionSchema, ...dryRunLinesShape }),
        response: { 200: dryRunAnswerSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        administered(parts, scope)
        const { pipeline, which } = await judged(() => dryRunRequest(pipelines, request.body))
        const lines = which.lines?.map(trialLine) ?? (await recentLines(parts, scope, which.recent))
        const run = await judged(() => pipelines.dryRun(scope, pipeline, lines))
        const answer = dryRunJson(run, tenantName)
        return lines.length > 0 ? answer : { ...answer, message: 'No log records were found to run the pipeline on.' }
      }),
  )
}

/** Takes any body: the handler judges it. */
const passed = () => (value: unknown) => ({ value })

function administered({ mayAdminister }: PipelineRoutesParts, scope: Scope): void {
  if (!mayAdminister(scope))
    throw new Refused(refuse(403, `${scope.principal.name} may not change pipelines: that needs admin on the tenant`))
}

/** Faults of a pipeline become those of the request. */
async function judged<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PipelineFaults) throw new BadQuestion(error.faults)
    throw error
  }
}

function dryRunRequest(pipelines: LogPipelinesSetup, body: unknown): { pipeline: unknown; which: DryRunLines } {
  const value = typeof body === 'string' ? pipelines.parseYaml(body) : body
  if (typeof value !== 'object' || value === null || !('pipeline' in value))
    throw new PipelineFaults([{ path: 'pipeline', message: 'is missing; expected a pipeline' }])
  const { pipeline, ...rest } = value
  const which = dryRunLinesSchema.strict().safeParse(rest)
  if (which.success) return { pipeline, which: which.data }
  throw new PipelineFaults(which.error.issues.map(({ path, message }) => ({ path: path.join('.') || 'body', message })))
}

async function recentLines(
  parts: PipelineRoutesParts,
  scope: Scope,
  recent: DryRunLines['recent'],
): Promise<readonly TrialLine[]> {
  const { limit = defaultRecentLines, ...wanted } = recent ?? {}
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined))
  const { logs } = await findLogs(parts.queries, scope, { ...given, limit })
  return logs.map((log) => ({
    body: log.body,
    timeNs: log.timeNs,
    attributes: log.attributes,
    resource: { 'service.name': log.service },
    ...(log.level === 'UNSET' ? {} : { severity: log.level }),
    ...(log.traceId === '' ? {} : { traceId: log.traceId }),
    ...(log.spanId === '' ? {} : { spanId: log.spanId }),
  }))
}

function trialLine(line: NonNullable<DryRunLines['lines']>[number]): TrialLine {
  const { body, severity, trace_id: traceId, span_id: spanId, attributes, resource } = line
  return {
    body,
    ...(severity === undefined ? {} : { severity }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(spanId === undefined ? {} : { spanId }),
    ...(attributes === undefined ? {} : { attributes }),
    ...(resource === undefined ? {} : { resource }),
  }
}

function unknownPipeline(name: string): NotStored {
  return new NotStored(`There is no pipeline ${JSON.stringify(name)} in this tenant`)
}

function found(pipelines: LogPipelinesSetup, tenant: TenantId, name: string): Pipeline {
  const state = pipelines.list(tenant).find((one) => one.name === name)
  if (state === undefined) throw unknownPipeline(name)
  return pipelineJson(state, pipelines)
}

function pipelineJson(state: PipelineState, pipelines: LogPipelinesSetup): Pipeline {
  const { name, source, definition, isRunning, faults, counts } = state
  return {
    ...{ name, source, yaml: pipelines.toYaml(definition), running: isRunning },
    definition: definition as Record<string, unknown>,
    faults: [...faults],
    stages: [...counts],
  }
}

function stagesJson({ stages, secretKinds, grokPatterns, bounds }: LogPipelinesSetup): PipelineStages {
  return {
    stages: stages.map(({ name, summary, schema, examples }) => ({
      ...{ type: name, summary, examples: examples.map((one) => ({ ...one })) },
      schema: openSchema(schema),
    })),
    secret_kinds: secretKinds.map(({ name, description, isDefault }) => ({ name, description, by_default: isDefault })),
    ...{ grok_patterns: [...grokPatterns], bounds: { ...bounds } },
  }
}

/** JSON Schema whose own properties stand at its top; what it refers to stands in `$defs`. */
function openSchema(schema: z.ZodType): Record<string, unknown> {
  const { $ref, $defs, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as {
    $ref?: string
    $defs?: Record<string, Record<string, unknown>>
  }
  const name = $ref?.replace('#/$defs/', '') ?? ''
  const { [name]: own = {}, ...others } = $defs ?? {}
  return { ...rest, ...own, $defs: others }
}

function dryRunJson(run: DryRun, tenantName: (tenant: TenantId) => string): DryRunAnswer {
  return {
    lines: run.lines.map(({ before, after, fate, failure, tenant, retentionDays, observations }) => ({
      ...{ before: lineJson(before), after: lineJson(after), fate, failure },
      ...(tenant === null ? {} : { tenant: tenantName(tenant) }),
      ...(retentionDays === null ? {} : { retention_days: retentionDays }),
      metrics: observations.map(({ metric, labels, value }) => ({ name: metric, labels: { ...labels }, value })),
    })),
    stages: run.stages.map(({ nanosPerLine, ...counts }) => ({ ...counts, nanoseconds_per_line: nanosPerLine })),
    nanoseconds_per_line: run.nanosPerLine,
  }
}

function lineJson({
  body,
  severity,
  time,
  traceId,
  spanId,
  attributes,
}: ShownLine): DryRunAnswer['lines'][number]['before'] {
  return { body, severity, time, trace_id: traceId, span_id: spanId, attributes: { ...attributes } }
}
