import swagger from '@fastify/swagger'
import fastify, { type FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { QueryContext } from '../query/query-context.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Part } from '../runtime/part.ts'
import type { TlsFiles } from '../runtime/tls-files.ts'
import { answerUnknownRoute, createErrorAnswer } from './errors.ts'
import { registerLive, wantsSocket } from './live/live-socket.ts'
import type { ReadableRows } from './live/readable-rows.ts'
import { openapiOptions } from './openapi.ts'
import { registerChanges } from './rest/changes.ts'
import { type DemoParts, registerDemo } from './rest/demo.ts'
import { registerHealth } from './rest/health.ts'
import { type IngestHealthParts, registerIngestHealth } from './rest/ingest-health.ts'
import { type KeyParts, registerKeys } from './rest/keys.ts'
import { type LinkParts, registerLinks } from './rest/links.ts'
import { registerLogs } from './rest/logs.ts'
import { registerMetricCatalog } from './rest/metric-catalog.ts'
import { type Exposition, registerMetrics } from './rest/metrics.ts'
import { type PipelineRoutesParts, registerPipelines } from './rest/pipelines.ts'
import { registerPromqlLanguage } from './rest/promql-language.ts'
import { registerQuery } from './rest/query.ts'
import { registerServiceMap } from './rest/service-map.ts'
import { registerTraces } from './rest/traces.ts'

/** Bytes of one request's body; beyond it 413. Receivers set their own bound on their routes. */
const bodyLimitBytes = 1024 * 1024
/** Milliseconds in which a request must have arrived whole; beyond it 408. */
const requestTimeoutMs = 120_000
/** Milliseconds that an idle connection is kept, longer than the 60 s of common load balancers. */
const keepAliveTimeoutMs = 75_000

export interface HttpServerParts extends IngestHealthParts, Partial<Omit<DemoParts & KeyParts & LinkParts, 'scopeOf'>> {
  readonly logger: Logger
  readonly version: string
  readonly queries: QueryContext
  /** Absent: there are no routes for pipelines of log records. */
  readonly logPipelines?: Pick<PipelineRoutesParts, 'pipelines' | 'mayAdminister'>
  /** Absent: there is no live socket. */
  readonly readable?: ReadableRows
  /** Absent or null: without TLS. */
  readonly tls?: TlsFiles | null
  /** Parts whose state `/readyz` shows. */
  readonly parts: () => readonly Part[]
  /** The platform's own metrics, for `GET /metrics` without parameters. */
  readonly exposition: () => Promise<Exposition>
  /** Adds hooks that see every request, such as those of a tracer. Called once, before any route is added. */
  readonly prepare?: (app: FastifyInstance) => void
  /** Adds routes beside the API, such as those of receivers, in a context of its own. Called once, before the server listens. */
  readonly register?: (app: FastifyInstance) => void | Promise<void>
}

/** The HTTP server of port 8080, ready to listen or to be injected into. The caller closes it. */
export async function createHttpServer(parts: HttpServerParts): Promise<FastifyInstance> {
  const answerError = createErrorAnswer(parts.logger)
  const { tls = null } = parts
  const secure: object = tls === null ? {} : { https: { ...tls, shouldUpgradeCallback: wantsSocket } }
  const app = fastify({
    frameworkErrors: answerError,
    http: { shouldUpgradeCallback: wantsSocket },
    ...secure,
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: true },
  })
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(answerUnknownRoute)
  parts.prepare?.(app)
  const { register, readable } = parts
  if (readable !== undefined) registerLive(app, { scopeOf: parts.scopeOf, clock: parts.queries.clock, readable })
  if (register !== undefined)
    await app.register(async (scope) => {
      await register(scope)
    })
  await app.register((scope) => registerApi(scope, parts))
  await app.ready()
  return app
}

async function registerApi(scope: FastifyInstance, parts: HttpServerParts): Promise<void> {
  // Texts of others are in the answers: no browser may take them for a page.
  scope.addHook('onSend', async (_request, reply) => {
    void reply.header('x-content-type-options', 'nosniff')
  })
  scope.setValidatorCompiler(validatorCompiler)
  scope.setSerializerCompiler(serializerCompiler)
  await scope.register(swagger, openapiOptions(parts.version))
  const api = scope.withTypeProvider<ZodTypeProvider>()
  registerQuery(api, parts)
  registerTraces(api, parts)
  registerLogs(api, parts)
  registerMetrics(api, parts)
  registerMetricCatalog(api, parts)
  registerPromqlLanguage(api)
  registerServiceMap(api, parts)
  registerChanges(api, parts)
  const { demo, mayManage = () => false } = parts
  if (demo !== undefined) registerDemo(api, { scopeOf: parts.scopeOf, demo, mayManage })
  const { tokens, mayAdminister = () => false } = parts
  if (parts.links !== undefined) registerLinks(api, { scopeOf: parts.scopeOf, links: parts.links })
  if (tokens !== undefined) registerKeys(api, { scopeOf: parts.scopeOf, tokens, mayAdminister })
  if (parts.logPipelines !== undefined) registerPipelines(api, { ...parts, ...parts.logPipelines })
  registerIngestHealth(api, parts)
  registerHealth(api, parts.parts)
  api.get('/api/openapi.json', { schema: { hide: true } }, (_request, reply) => reply.send(scope.swagger()))
}
