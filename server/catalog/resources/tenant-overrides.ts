import { z } from 'zod'

const days = z.int().min(1).max(65_535)
const perSecond = z.int().min(0)
const signalLimits = z.strictObject({ rowsPerSecond: perSecond.optional(), bytesPerSecond: perSecond.optional() })

/** Days that one tenant's data are kept, where they differ from the configuration. */
export const retentionOverridesSchema = z.strictObject({
  metrics: days.optional(),
  logs: days.optional(),
  traces: days.optional(),
  rollups: days.optional(),
})
export type RetentionOverrides = z.output<typeof retentionOverridesSchema>

/** What one tenant may send, where it differs from the configuration. 0 rows or bytes per second: no limit. */
export const limitOverridesSchema = z.strictObject({
  metrics: signalLimits.optional(),
  logs: signalLimits.optional(),
  traces: signalLimits.optional(),
  maxSeries: z.int().min(1).optional(),
})
export type LimitOverrides = z.output<typeof limitOverridesSchema>
