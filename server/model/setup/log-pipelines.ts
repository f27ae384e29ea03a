import type { z } from 'zod'
import type { Scope } from '../scope.ts'
import type { TenantId } from '../tenant.ts'

/** One thing wrong with a pipeline: where in it, what was expected, what was perhaps meant. */
export interface PipelineFault {
  /** e.g. `stages[1].patterns[0]`; of YAML that cannot be read its line and column. */
  readonly path: string
  readonly message: string
}

/** What a stage has done since its pipeline was compiled. Lines that a sender repeats count again. */
export interface StageCounts {
  readonly type: string
  /** Lines that the stage worked on. */
  readonly lines: number
  readonly failed: number
  /** Lines that the stage ended: dropped, sampled away, or out of the pipeline. */
  readonly ended: number
}

/** A pipeline of a tenant, and what became of it. */
export interface PipelineState {
  readonly name: string
  readonly source: 'configuration' | 'catalog'
  /** As written; of the catalog perhaps one that this version cannot read. */
  readonly definition: unknown
  readonly isRunning: boolean
  /** Why it does not run though it is enabled. */
  readonly faults: readonly PipelineFault[]
  /** By stage; empty where it does not run. */
  readonly counts: readonly StageCounts[]
}

/** A line that a dry run is given. */
export interface TrialLine {
  readonly body: string
  /** A word or a number; left out: none. */
  readonly severity?: string
  readonly timeNs?: bigint
  /** In hex; left out: none. */
  readonly traceId?: string
  readonly spanId?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly resource?: Readonly<Record<string, string>>
}

/** A line as stages see it. Time in ISO 8601, ids in hex; '' where it has none. */
export interface ShownLine {
  readonly body: string
  readonly severity: string
  readonly time: string
  readonly traceId: string
  readonly spanId: string
  readonly attributes: Readonly<Record<string, string>>
}

/** What a pipeline would make of one line. */
export interface TrialOutcome {
  readonly before: ShownLine
  readonly after: ShownLine
  readonly fate: 'kept' | 'dropped' | 'sampled'
  /** Which stage failed first, and why; '' where none did. */
  readonly failure: string
  /** Where a route stage sends it; null: it stays. */
  readonly tenant: TenantId | null
  readonly retentionDays: number | null
  readonly observations: readonly {
    readonly metric: string
    readonly labels: Readonly<Record<string, string>>
    readonly value: number
  }[]
}

/** What a pipeline would make of lines, and what it costs. */
export interface DryRun {
  readonly lines: readonly TrialOutcome[]
  /** CPU time per line given, ns, measured now; of all stages together with that of writing the batch anew. */
  readonly stages: readonly (StageCounts & { readonly nanosPerLine: number })[]
  readonly nanosPerLine: number
}

/** A kind of stage in words. */
export interface StageWords {
  readonly name: string
  readonly summary: string
  readonly schema: z.ZodType
  readonly examples: readonly object[]
}

/** A pipeline that was not taken; every fault at once. */
export class PipelineFaults extends Error {
  override readonly name = 'PipelineFaults'
  readonly faults: readonly PipelineFault[]
  constructor(faults: readonly PipelineFault[]) {
    super(faults.map(({ path, message }) => `${path}: ${message}`).join('; '))
    this.faults = faults
  }
}

/**
 * The pipelines of log records as the API sets them up. Tenants are those of the scope. Definitions are values as JSON
 * gives them, or texts in YAML. Who may change them is judged before; what they may send elsewhere is judged here.
 */
export interface LogPipelinesSetup {
  readonly definitionSchema: z.ZodType
  readonly stages: readonly StageWords[]
  readonly secretKinds: readonly { readonly name: string; readonly description: string; readonly isDefault: boolean }[]
  readonly grokPatterns: readonly string[]
  readonly bounds: Readonly<Record<string, number>>
  list(tenant: TenantId): readonly PipelineState[]
  /** Saves the pipeline and lets it run at once in this process; true where it is new. Throws: PipelineFaults. */
  put(scope: Scope, name: string, written: unknown): Promise<boolean>
  /** False where there is none. Throws: PipelineFaults where it stands in the configuration. */
  remove(scope: Scope, name: string): Promise<boolean>
  /** Runs a pipeline over lines and stores nothing. Throws: PipelineFaults. */
  dryRun(scope: Scope, written: unknown, lines: readonly TrialLine[]): DryRun
  /** The value that YAML text stands for. Throws: PipelineFaults. */
  parseYaml(text: string): unknown
  toYaml(definition: unknown): string
}
