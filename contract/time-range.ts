import { z } from 'zod'
import { bounds } from './bounds.ts'

const instant = z
  .union([z.string().max(64), z.number().nonnegative()], {
    error: 'expected ISO 8601 text like 2026-01-31T10:30:00Z, or Unix milliseconds',
  })
  .meta({ description: 'ISO 8601 with a zone, or Unix milliseconds.' })

/** A time range: `relative` to now, or `start` with or without `end` (left out: now). Start is included, end is not. */
export const timeRangeSchema = z
  .strictObject({
    relative: z
      .string()
      .max(64)
      .optional()
      .meta({ description: '`30s`, `15m`, `1h`, `7d`, `2w`, or words: `last_hour`, `last_day`, `last_15_minutes`.' }),
    start: instant.optional(),
    end: instant.optional(),
  })
  .meta({ id: 'TimeRange' })

/** The range that was meant, as it was used. */
export const resolvedRangeSchema = z
  .object({ start: z.string(), end: z.string() })
  .meta({ id: 'ResolvedTimeRange', description: 'ISO 8601 in UTC; start is included, end is not.' })

/** A time range in a query string: relative as above, or `START/END` in ISO 8601. */
export const timeRangeParameter = z.string().max(bounds.fieldLength).meta({
  description: 'Relative (`15m`, `1h`, `last_hour`) or `START/END` in ISO 8601 with a zone.',
  example: '1h',
})
