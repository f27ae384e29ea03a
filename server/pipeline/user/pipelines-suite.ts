import type { TrialLine, TrialOutcome } from '../../model/setup/log-pipelines.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { StageContext } from '../stages/stage.ts'
import { CompiledPipeline } from './compiled-pipeline.ts'
import { dryRun } from './dry-run.ts'
import { readDefinition } from './read-definition.ts'
import { TenantMetrics } from './tenant-metrics.ts'

/** When lines under test are worked on. */
export const testNowMs = Date.parse('2026-01-31T12:00:00Z')

/** Tenants and classes that pipelines under test may name. */
const tenants: Readonly<Record<string, number>> = { audit: 7, other: 9 }
const classes: Readonly<Record<string, number>> = { short: 3, long: 365 }

export function stageContext(metrics = new TenantMetrics()): StageContext {
  return {
    tenant: (name) => (Object.hasOwn(tenants, name) ? (tenants[name] as TenantId) : null),
    retentionDays: (name) => (Object.hasOwn(classes, name) ? classes[name] : null),
    retentionClasses: Object.keys(classes),
    metric: (spec) => metrics.open(spec),
  }
}

/** A pipeline of these stages. Throws where it is not valid. */
export function pipelineOf(
  stages: readonly Readonly<Record<string, unknown>>[],
  metrics = new TenantMetrics(),
): CompiledPipeline {
  const read = readDefinition({ name: 'under-test', stages })
  if ('faults' in read) throw new Error(JSON.stringify(read.faults))
  return new CompiledPipeline(read.definition, stageContext(metrics))
}

/** What a pipeline makes of one line. */
export function outcomeOf(pipeline: CompiledPipeline, line: TrialLine): TrialOutcome {
  return dryRun(pipeline, [line], { nowMs: testNowMs, measureMs: 0 }).lines[0]
}
