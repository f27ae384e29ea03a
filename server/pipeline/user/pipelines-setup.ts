import { stringify } from 'yaml'
import type { Scope } from '../../model/scope.ts'
import {
  type DryRun,
  type LogPipelinesSetup,
  type PipelineFault,
  PipelineFaults,
  type PipelineState,
  type TrialLine,
} from '../../model/setup/log-pipelines.ts'
import { systemTenant, type TenantId } from '../../model/tenant.ts'
import type { Clock } from '../../runtime/clock.ts'
import { grokPatterns } from '../parse/grok-patterns.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { secretKinds } from '../secrets/secret-kinds.ts'
import { stages } from '../stages/registry.ts'
import { type PipelineDefinition, pipelineDefinitionSchema, stageSchemaOf } from './definition.ts'
import { dryRun } from './dry-run.ts'
import { readDefinition, readYaml } from './read-definition.ts'
import type { UserPipelines } from './user-pipelines.ts'

export interface PipelinesSetupOptions {
  readonly pipelines: UserPipelines
  /** Keeps a pipeline; true where it is new. Throws: PipelineFaults where the tenant has too many. */
  readonly keep: (scope: Scope, definition: PipelineDefinition) => Promise<boolean>
  /** Forgets a pipeline; false where there is none. */
  readonly forget: (scope: Scope, name: string) => Promise<boolean>
  /** Whether lines may be sent to a tenant of this name. */
  readonly maySendTo: (scope: Scope, tenant: string) => boolean
  readonly clock: Clock
}

/** What the API does with pipelines. */
export class PipelinesSetup implements LogPipelinesSetup {
  readonly definitionSchema = pipelineDefinitionSchema
  readonly stages = stages.map((stage) => ({
    ...{ name: stage.name, summary: stage.summary, examples: stage.examples },
    schema: stageSchemaOf(stage),
  }))
  readonly secretKinds = secretKinds
  readonly grokPatterns = Object.keys(grokPatterns)
  readonly bounds = pipelineBounds
  readonly #options: PipelinesSetupOptions

  constructor(options: PipelinesSetupOptions) {
    this.#options = options
  }

  list(tenant: TenantId): readonly PipelineState[] {
    return this.#options.pipelines.list(tenant)
  }

  async put(scope: Scope, name: string, written: unknown): Promise<boolean> {
    const { pipelines, keep } = this.#options
    this.#checkPlace(scope, name)
    const definition = this.#read(scope, named(this.#valueOf(written), name))
    if (definition.name !== name)
      throw new PipelineFaults([{ path: 'name', message: `is ${definition.name}; expected ${name} as in the address` }])
    pipelines.compile(scope.tenant, definition)
    const isNew = await keep(scope, definition)
    await pipelines.refresh()
    return isNew
  }

  async remove(scope: Scope, name: string): Promise<boolean> {
    this.#checkPlace(scope, name)
    const wasThere = await this.#options.forget(scope, name)
    await this.#options.pipelines.refresh()
    return wasThere
  }

  dryRun(scope: Scope, written: unknown, lines: readonly TrialLine[]): DryRun {
    const definition = this.#read(scope, named(this.#valueOf(written), 'trial'))
    const { pipeline } = this.#options.pipelines.compile(scope.tenant, definition)
    return dryRun(pipeline, lines, { nowMs: this.#options.clock.nowMs() })
  }

  parseYaml(text: string): unknown {
    const read = readYaml(text)
    if ('faults' in read) throw new PipelineFaults(read.faults)
    return read.value
  }

  toYaml(definition: unknown): string {
    return stringify(definition)
  }

  #valueOf(written: unknown): unknown {
    return typeof written === 'string' ? this.parseYaml(written) : written
  }

  #checkPlace(scope: Scope, name: string): void {
    if (scope.tenant === systemTenant)
      throw new PipelineFaults([{ path: 'name', message: 'the tenant of the platform itself has no pipelines' }])
    if (!this.#options.pipelines.isConfigured(scope.tenant, name)) return
    const message = `${name} stands in the configuration of the server; it is changed there`
    throw new PipelineFaults([{ path: 'name', message }])
  }

  /** Throws: PipelineFaults, also where lines would go to a tenant that the caller may not send to. */
  #read(scope: Scope, value: unknown): PipelineDefinition {
    const read = readDefinition(value)
    const faults = 'faults' in read ? read.faults : this.#foreignFaults(scope, read.definition)
    if ('faults' in read || faults.length > 0) throw new PipelineFaults(faults)
    return read.definition
  }

  #foreignFaults(scope: Scope, definition: PipelineDefinition): readonly PipelineFault[] {
    return definition.stages.flatMap(({ type, tenant }, i) => {
      if (type !== 'route' || typeof tenant !== 'string' || this.#options.maySendTo(scope, tenant)) return []
      const message = `${scope.principal.name} may not send lines to ${JSON.stringify(tenant)}, or there is no such tenant; expected one on which you have the right admin`
      return [{ path: `stages[${i}].tenant`, message }]
    })
  }
}

/** The name may be left out of what is written. */
function named(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && !('name' in value) ? { name, ...value } : value
}
