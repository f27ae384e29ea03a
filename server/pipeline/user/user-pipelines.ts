import { type PipelineFault, PipelineFaults, type PipelineState } from '../../model/setup/log-pipelines.ts'
import { systemTenant, type TenantId } from '../../model/tenant.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Part, PartHealth } from '../../runtime/part.ts'
import type { LogMetric } from '../record/log-metric.ts'
import type { StageContext } from '../stages/stage.ts'
import { CompiledPipeline } from './compiled-pipeline.ts'
import type { PipelineDefinition } from './definition.ts'
import { readDefinition } from './read-definition.ts'
import { TenantMetrics } from './tenant-metrics.ts'

/** How soon a change that another process made is seen, ms. */
const refreshEveryMs = 10_000

/** A pipeline as the catalog keeps it; `definition` is JSON that is judged here. */
export interface StoredPipeline {
  readonly tenant: TenantId
  readonly name: string
  readonly definition: unknown
}

/** A pipeline of the configuration. */
export interface ConfiguredPipeline {
  /** Name of its tenant; null: every tenant but `_system`. */
  readonly tenant: string | null
  readonly definition: PipelineDefinition
}

export interface UserPipelinesOptions {
  readonly configured: readonly ConfiguredPipeline[]
  /** All pipelines of the catalog. */
  readonly stored: () => Promise<readonly StoredPipeline[]>
  readonly tenantByName: (name: string) => TenantId | null
  /** Days that the rows of a retention class are kept, by its name. */
  readonly retentionClasses: ReadonlyMap<string, number>
  readonly clock: Clock
  readonly logger: Logger
}

interface TenantState {
  readonly running: readonly CompiledPipeline[]
  readonly states: readonly (Written & { readonly faults: readonly PipelineFault[] })[]
  readonly metrics: TenantMetrics
}

interface Written {
  readonly source: PipelineState['source']
  readonly name: string
  readonly definition: unknown
}

const nothing: readonly CompiledPipeline[] = []

/**
 * The pipelines of every tenant: those of the configuration, and those of the catalog as of a few seconds ago. Each is
 * compiled once, when its tenant first needs it. One that cannot be compiled is told of and left out; lines pass on.
 */
export class UserPipelines implements Part {
  readonly name = 'log-pipelines'
  readonly #options: UserPipelinesOptions
  #stored = new Map<TenantId, readonly StoredPipeline[]>()
  readonly #tenants = new Map<TenantId, TenantState>()
  /** Tenants whose pipelines are to be compiled anew. */
  readonly #changed = new Set<TenantId>()
  #isEmpty: boolean
  #turn = 0
  #seenTurn = 0
  #isStopped = false
  #cancel: () => void = () => {}
  #trouble = ''

  constructor(options: UserPipelinesOptions) {
    this.#options = options
    this.#isEmpty = options.configured.length === 0
  }

  async start(): Promise<void> {
    await this.refresh()
    this.#refreshLater()
  }

  stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    return Promise.resolve()
  }

  health(): PartHealth {
    return this.#trouble === '' ? { ready: true } : { ready: true, detail: this.#trouble }
  }

  /** The pipelines that a tenant's lines run through, in order. Cheap enough for every batch. */
  of(tenant: TenantId): readonly CompiledPipeline[] {
    if (this.#isEmpty || tenant === systemTenant) return nothing
    return this.#state(tenant).running
  }

  /** All pipelines of a tenant, also those that do not run. */
  list(tenant: TenantId): readonly PipelineState[] {
    const { states, running } = this.#state(tenant)
    return states.map((state) => {
      const pipeline = running.find(({ definition }) => definition.name === state.name)
      return { ...state, isRunning: pipeline !== undefined, counts: pipeline?.counts ?? [] }
    })
  }

  /** The metrics that tenants' pipelines make. */
  *metrics(): Iterable<readonly [tenant: TenantId, metrics: readonly LogMetric[]]> {
    for (const [tenant, { metrics }] of this.#tenants) yield [tenant, metrics.all]
  }

  /** Looks what the catalog has now. Never throws: what is known goes on while the catalog is away. */
  async refresh(): Promise<void> {
    const turn = ++this.#turn
    try {
      const all = await this.#options.stored()
      // A look that began later has brought what is newer.
      if (turn < this.#seenTurn) return
      this.#seenTurn = turn
      const stored = Map.groupBy(all, ({ tenant }) => tenant)
      for (const tenant of new Set([...stored.keys(), ...this.#stored.keys()]))
        if (JSON.stringify(stored.get(tenant)) !== JSON.stringify(this.#stored.get(tenant))) this.#changed.add(tenant)
      this.#stored = stored
      this.#isEmpty = this.#options.configured.length === 0 && stored.size === 0
      this.#trouble = ''
    } catch (error) {
      this.#trouble = `the pipelines of the catalog cannot be read: ${(error as Error).message}`
    }
  }

  /**
   * Compiles a definition beside the tenant's other pipelines, without running it: for a dry run, and before it is
   * saved. Throws: PipelineFaults.
   */
  compile(tenant: TenantId, definition: PipelineDefinition): { pipeline: CompiledPipeline; metrics: TenantMetrics } {
    const metrics = new TenantMetrics()
    const context = this.#context(metrics)
    for (const written of this.#written(tenant)) {
      if (written.name === definition.name) continue
      const read = readDefinition(written.definition)
      if ('faults' in read) continue
      try {
        new CompiledPipeline(read.definition, context)
      } catch (error) {
        if (!(error instanceof PipelineFaults)) throw error
      }
    }
    return { pipeline: new CompiledPipeline(definition, context), metrics }
  }

  /** Whether a pipeline of this name stands in the configuration, and so cannot be changed. */
  isConfigured(tenant: TenantId, name: string): boolean {
    return this.#configuredFor(tenant).some((one) => one.name === name)
  }

  #state(tenant: TenantId): TenantState {
    const known = this.#tenants.get(tenant)
    if (known !== undefined && !this.#changed.delete(tenant)) return known
    const state = this.#compileAll(tenant, known)
    this.#tenants.set(tenant, state)
    return state
  }

  #compileAll(tenant: TenantId, before: TenantState | undefined): TenantState {
    const metrics = new TenantMetrics(before?.metrics)
    const context = this.#context(metrics)
    const running: CompiledPipeline[] = []
    const states = this.#written(tenant).map((written) => {
      const faults = this.#compileOne(written, context, running)
      if (faults.length > 0)
        this.#options.logger.warn(
          { part: this.name, tenant, pipeline: written.name, faults },
          'a pipeline cannot be used; lines pass on without it',
        )
      return { ...written, faults }
    })
    metrics.close()
    for (const pipeline of running) {
      const same = before?.running.find((one) => isSame(one.definition, pipeline.definition))
      if (same !== undefined) pipeline.adopt(same)
    }
    // Those of the configuration first; the sort keeps the rest of the order.
    const isConfigured = new Set(this.#configuredFor(tenant).map(({ name }) => name))
    const rank = ({ definition }: CompiledPipeline) => (isConfigured.has(definition.name) ? 0 : 1)
    running.sort(byPosition).sort((a, b) => rank(a) - rank(b))
    return { running, states, metrics }
  }

  #compileOne(written: Written, context: StageContext, running: CompiledPipeline[]): readonly PipelineFault[] {
    const read = readDefinition(written.definition)
    if ('faults' in read) return read.faults
    if (!read.definition.enabled) return []
    try {
      running.push(new CompiledPipeline(read.definition, context))
      return []
    } catch (error) {
      if (error instanceof PipelineFaults) return error.faults
      throw error
    }
  }

  #written(tenant: TenantId): readonly Written[] {
    const configured = this.#configuredFor(tenant)
    const stored = (this.#stored.get(tenant) ?? []).filter(({ name }) => configured.every((one) => one.name !== name))
    return [
      ...configured.map((definition): Written => ({ source: 'configuration', name: definition.name, definition })),
      ...stored.map(({ name, definition }): Written => ({ source: 'catalog', name, definition })),
    ]
  }

  #configuredFor(tenant: TenantId): readonly PipelineDefinition[] {
    const { configured, tenantByName } = this.#options
    return configured
      .filter((one) => (one.tenant === null ? tenant !== systemTenant : tenantByName(one.tenant) === tenant))
      .map(({ definition }) => definition)
  }

  #context(metrics: TenantMetrics): StageContext {
    const { tenantByName, retentionClasses } = this.#options
    return {
      // Nobody but Sightline itself writes into its own tenant.
      tenant: (name) => {
        const tenant = tenantByName(name)
        return tenant === systemTenant ? null : tenant
      },
      retentionDays: (name) => retentionClasses.get(name) ?? null,
      retentionClasses: [...retentionClasses.keys()],
      metric: (spec) => metrics.open(spec),
    }
  }

  #refreshLater(): void {
    this.#cancel = this.#options.clock.after(refreshEveryMs, () => {
      void this.refresh().then(() => {
        if (!this.#isStopped) this.#refreshLater()
      })
    })
  }
}

function isSame(a: PipelineDefinition, b: PipelineDefinition): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function byPosition(a: CompiledPipeline, b: CompiledPipeline): number {
  const [one, other] = [a.definition, b.definition]
  return one.position - other.position || (one.name < other.name ? -1 : 1)
}
