import type { TenantId } from '../../model/tenant.ts'
import type { StageContext } from '../stages/stage.ts'
import { CompiledPipeline } from './compiled-pipeline.ts'
import { readDefinition } from './read-definition.ts'
import { TenantMetrics } from './tenant-metrics.ts'

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
