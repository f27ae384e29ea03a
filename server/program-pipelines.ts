import { readFileSync } from 'node:fs'
import type { Access } from './access/access.ts'
import type { Catalog } from './catalog/catalog.ts'
import { CatalogRefusal } from './catalog/database.ts'
import type { Scope } from './model/scope.ts'
import { PipelineFaults } from './model/setup/log-pipelines.ts'
import { defaultTenant, systemTenant } from './model/tenant.ts'
import { pipelineBounds } from './pipeline/record/bounds.ts'
import { PipelinesSetup } from './pipeline/user/pipelines-setup.ts'
import { readDefinition, readYaml } from './pipeline/user/read-definition.ts'
import { type ConfiguredPipeline, UserPipelines } from './pipeline/user/user-pipelines.ts'
import { type Clock, systemClock } from './runtime/clock.ts'
import type { Config } from './runtime/config/schema.ts'
import { type Logger, silentLogger } from './runtime/logger.ts'
import type { PipelineRoutesParts } from './serve/rest/pipelines.ts'

/** The pipelines of the configuration and of the catalog. Throws: Error that names every fault of the configuration. */
export function createLogPipelines(parts: {
  config: Config['pipelines']
  catalog: Catalog
  clock: Clock
  logger: Logger
}): UserPipelines {
  const { config, catalog, clock, logger } = parts
  const configured = configuredPipelines(config)
  const pipelines = new UserPipelines({
    configured,
    stored: () => catalog.pipelines.all(),
    tenantByName: (name) => catalog.directory.byName(name)?.id ?? null,
    retentionClasses: new Map(config.retentionClasses.map(({ name, days }) => [name, days])),
    clock,
    logger,
  })
  compileAll(pipelines, configured)
  return pipelines
}

/**
 * Judges the pipelines of the configuration without a catalog: every tenant that one names is taken to exist.
 * Throws: Error that names every fault of the first one that has any.
 */
export function checkLogPipelines(config: Config['pipelines']): void {
  const configured = configuredPipelines(config)
  const pipelines = new UserPipelines({
    configured,
    stored: async () => [],
    tenantByName: () => defaultTenant,
    retentionClasses: new Map(config.retentionClasses.map(({ name, days }) => [name, days])),
    clock: systemClock,
    logger: silentLogger(),
  })
  compileAll(pipelines, configured)
}

function compileAll(pipelines: UserPipelines, configured: readonly ConfiguredPipeline[]): void {
  for (const { definition } of configured)
    failOn(`pipelines: ${definition.name}`, () => pipelines.compile(defaultTenant, definition))
}

/** What the API does with them, and who may. */
export function pipelineRoutes(parts: {
  pipelines: UserPipelines
  catalog: Catalog
  access: Access
  clock: Clock
}): Pick<PipelineRoutesParts, 'pipelines' | 'mayAdminister'> {
  const { pipelines, catalog, access, clock } = parts
  const setup = new PipelinesSetup({
    pipelines,
    clock,
    keep: async ({ tenant, principal }, definition) => {
      try {
        const place = { tenant, name: definition.name, by: principal.name }
        return await catalog.pipelines.put(place, definition, pipelineBounds.pipelinesPerTenant)
      } catch (error) {
        if (error instanceof CatalogRefusal) throw new PipelineFaults([{ path: 'name', message: error.message }])
        throw error
      }
    },
    forget: ({ tenant, principal }, name) => catalog.pipelines.remove({ tenant, name, by: principal.name }),
    maySendTo: ({ principal }, name) => {
      const tenant = catalog.directory.byName(name)?.id
      return tenant !== undefined && tenant !== systemTenant && access.may(principal, 'admin', tenant)
    },
  })
  const mayAdminister = ({ principal, tenant }: Scope) => access.may(principal, 'admin', tenant)
  return { pipelines: setup, mayAdminister }
}

/** Of `pipelines.logs`, and of the files: each holds one pipeline or a list of them. */
function configuredPipelines(config: Config['pipelines']): readonly ConfiguredPipeline[] {
  const written = [
    ...config.logs.map((value, i) => ({ value: value as unknown, where: `pipelines.logs[${i}]` })),
    ...config.files.flatMap((file) =>
      [yamlOf(file)].flat().map((value, i) => ({ value, where: `pipelines.files: ${file}[${i}]` })),
    ),
  ]
  const configured = written.map(({ value, where }) => configuredPipeline(value, where))
  const names = configured.map(({ definition }) => definition.name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new Error(`pipelines: two of them are called ${twice}; expected a name for each`)
  return configured
}

function configuredPipeline(value: unknown, where: string): ConfiguredPipeline {
  const { tenant, ...rest } = (typeof value === 'object' && value !== null ? value : {}) as { tenant?: unknown }
  if (tenant !== undefined && typeof tenant !== 'string') throw new Error(`${where}.tenant: expected a tenant's name`)
  const definition = failOn(where, () => {
    const read = readDefinition(rest)
    if ('faults' in read) throw new PipelineFaults(read.faults)
    return read.definition
  })
  return { tenant: tenant ?? null, definition }
}

function yamlOf(file: string): unknown {
  return failOn(`pipelines.files: ${file}`, () => {
    const read = readYaml(readFileSync(file, 'utf8'))
    if ('faults' in read) throw new PipelineFaults(read.faults)
    return read.value
  })
}

/** Faults become lines that say where they stand. */
function failOn<T>(where: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof PipelineFaults)) throw new Error(`${where}: ${(error as Error).message}`)
    throw new Error(error.faults.map(({ path, message }) => `${where}.${path}: ${message}`).join('\n'))
  }
}
