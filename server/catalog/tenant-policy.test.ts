import { describe, expect, it } from 'vitest'
import { defaultTenant, type TenantId } from '../model/tenant.ts'
import { loadConfig } from '../runtime/config/load.ts'
import { FilledDirectory } from './tenant-directory.ts'
import { tenantPolicies } from './tenant-policy.ts'

const flags = ['--limits.logs.rowsPerSecond=5', '--retention.metrics=60d', '--limits.tooOld=40d']
const { config } = loadConfig({ environment: {}, flags, folder: '/nowhere' })
const directory = new FilledDirectory()
const policyOf = tenantPolicies(directory, config)
const dayMs = 86_400_000

describe('the policy of a tenant', () => {
  it('is the configuration where nothing else is said; 0 means no limit', () => {
    const policy = policyOf(9 as TenantId)
    expect(policy.signals.logs).toEqual({
      maxAgeMs: 30 * dayMs,
      maxAheadMs: 600_000,
      rowsPerSecond: 5,
      bytesPerSecond: Number.POSITIVE_INFINITY,
    })
    expect(policy.signals.metrics.maxAgeMs).toBe(40 * dayMs)
    expect(policy.retentionDays).toEqual({ metrics: 60, logs: 30, traces: 30, rollups: 365 })
  })

  it('has the overrides put in, and follows when they change', () => {
    const tenant = { id: defaultTenant, name: 'default', createdMs: 0, retention: {}, limits: {} }
    directory.fill([{ ...tenant, retention: { logs: 3 }, limits: { logs: { rowsPerSecond: 0 }, maxSeries: 7 } }], 0)
    expect(policyOf(defaultTenant)).toMatchObject({ maxSeries: 7, retentionDays: { logs: 3, traces: 30 } })
    expect(policyOf(defaultTenant).signals.logs).toMatchObject({
      rowsPerSecond: Number.POSITIVE_INFINITY,
      maxAgeMs: 3 * dayMs,
    })
    expect(policyOf(defaultTenant)).toBe(policyOf(defaultTenant))
    directory.fill([tenant], 0)
    expect(policyOf(defaultTenant).maxSeries).toBe(3_000_000)
  })
})
