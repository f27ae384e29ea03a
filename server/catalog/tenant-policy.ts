import type { Signal } from '../model/signal.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Config } from '../runtime/config/schema.ts'
import type { LimitOverrides, RetentionOverrides } from './resources/tenant-overrides.ts'
import type { Tenant } from './resources/tenants.ts'
import type { TenantDirectory } from './tenant-directory.ts'

const dayMs = 86_400_000

/** What one tenant may send of one signal. Infinity: no limit. */
export interface SignalPolicy {
  /** Rows older than this are rejected: the configured bound, never more than the retention. Milliseconds. */
  readonly maxAgeMs: number
  readonly maxAheadMs: number
  readonly rowsPerSecond: number
  readonly bytesPerSecond: number
}

/** The configuration with one tenant's overrides put in. */
export interface TenantPolicy {
  readonly signals: Readonly<Record<Signal, SignalPolicy>>
  /** Days that rows are kept. */
  readonly retentionDays: Required<RetentionOverrides>
  /** Series that may be active at once. */
  readonly maxSeries: number
}

/**
 * The policy of a tenant, as of a few seconds ago; the configuration's own for a tenant that is not known.
 * Cheap enough for every request: computed once for each state of a tenant.
 */
export function tenantPolicies(
  directory: TenantDirectory,
  config: Pick<Config, 'limits' | 'retention'>,
): (tenant: TenantId) => TenantPolicy {
  const common = merge(config, {}, {})
  const known = new WeakMap<Tenant, TenantPolicy>()
  return (id) => {
    const tenant = directory.byId(id)
    if (tenant === undefined) return common
    let policy = known.get(tenant)
    if (policy === undefined) {
      policy = merge(config, tenant.retention, tenant.limits)
      known.set(tenant, policy)
    }
    return policy
  }
}

function merge(
  config: Pick<Config, 'limits' | 'retention'>,
  retention: RetentionOverrides,
  limits: LimitOverrides,
): TenantPolicy {
  const retentionDays = { ...config.retention, ...retention }
  const signal = (name: Signal): SignalPolicy => ({
    maxAgeMs: Math.min(config.limits.tooOld, retentionDays[name] * dayMs),
    maxAheadMs: config.limits.tooNew,
    rowsPerSecond: orUnlimited(limits[name]?.rowsPerSecond ?? config.limits[name].rowsPerSecond),
    bytesPerSecond: orUnlimited(limits[name]?.bytesPerSecond ?? config.limits[name].bytesPerSecond),
  })
  return {
    signals: { metrics: signal('metrics'), logs: signal('logs'), traces: signal('traces') },
    retentionDays,
    maxSeries: limits.maxSeries ?? config.limits.maxSeries,
  }
}

function orUnlimited(perSecond: number): number {
  return perSecond === 0 ? Number.POSITIVE_INFINITY : perSecond
}
