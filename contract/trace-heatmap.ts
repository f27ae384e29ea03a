import { z } from 'zod'
import { bounds } from './bounds.ts'
import { filtersSchema } from './filter.ts'
import { resolvedRangeSchema, timeRangeSchema } from './time-range.ts'

const micros = (what: string) => z.number().meta({ description: `${what}, microseconds.` })

/** What is counted: spans that a service served (see docs/marks.md), or every span. */
const counted = z
  .enum(['requests', 'spans'])
  .default('requests')
  .meta({ description: '`requests`: server and consumer spans, and roots of no such kind; `spans`: all.' })

/** `POST /api/traces/heatmap` */
export const traceHeatmapRequestSchema = z
  .strictObject({
    time_range: timeRangeSchema,
    filters: filtersSchema.default([]),
    counted,
    columns: z.int().min(1).max(240).default(120).meta({ description: 'Steps of time at most.' }),
  })
  .meta({ id: 'TraceHeatmapRequest' })

export const traceHeatmapSchema = z
  .object({
    time_range: resolvedRangeSchema,
    first_column: z.string().meta({ description: 'Start of the first step.' }),
    step_seconds: z.number(),
    columns: z.number(),
    per_decade: z
      .number()
      .meta({ description: 'Rows of a tenfold duration; row r begins at 10^(r / per_decade) microseconds.' }),
    cells: z
      .array(z.tuple([z.number(), z.number(), z.number(), z.number()]))
      .meta({ description: '[column, row, count, errors], where there are any.' }),
    total: z.number(),
    errors: z.number(),
  })
  .meta({ id: 'TraceHeatmap' })

const box = z
  .strictObject({
    start: z.string().max(64).meta({ description: 'ISO 8601; included.' }),
    end: z.string().max(64).meta({ description: 'ISO 8601; not included.' }),
    min_duration: micros('Least duration').min(0).default(0),
    max_duration: micros('Duration that is not reached').min(0).optional(),
  })
  .meta({ id: 'TraceBox' })

/** `POST /api/traces/attributes`: what requests in a box have that the others of the range have not. */
export const attributeComparisonRequestSchema = z
  .strictObject({
    time_range: timeRangeSchema,
    filters: filtersSchema.default([]),
    counted,
    box,
    limit: z.int().min(1).max(bounds.filters).default(20),
  })
  .meta({ id: 'AttributeComparisonRequest' })

const attributeShare = z
  .object({
    conditions: z
      .array(
        z.object({
          service: z.string().meta({ description: 'Of the span that has the attribute.' }),
          name: z.string(),
          value: z.string(),
        }),
      )
      .meta({ description: 'One, or two that hold together.' }),
    box: z.number().meta({ description: 'Share of the traces in the box, 0 to 1.' }),
    rest: z.number().meta({ description: 'Share of the other traces.' }),
    chance: z
      .number()
      .meta({ description: 'How often chance alone gives such a difference; two-sided, two proportions.' }),
  })
  .meta({ id: 'AttributeShare' })

export const attributeComparisonSchema = z
  .object({
    time_range: resolvedRangeSchema,
    box_requests: z.number(),
    rest_requests: z.number(),
    compared: z.object({
      box: z.number().meta({ description: 'Traces of the box that were compared.' }),
      rest: z.number(),
      attributes: z.number().meta({ description: 'Values of attributes that were compared.' }),
      pairs: z.number(),
      sampled: z.boolean().meta({ description: 'Not all traces were compared.' }),
    }),
    shares: z.array(attributeShare).meta({ description: 'What the box has more often first.' }),
    closest: z
      .object({ trace_id: z.string(), start_time: z.string(), duration: micros('Duration of the request') })
      .nullable()
      .meta({ description: 'The trace nearest to the middle of the box.' }),
  })
  .meta({ id: 'AttributeComparison' })

export type TraceHeatmapRequest = z.input<typeof traceHeatmapRequestSchema>
export type TraceHeatmap = z.infer<typeof traceHeatmapSchema>
export type AttributeComparisonRequest = z.input<typeof attributeComparisonRequestSchema>
export type AttributeComparison = z.infer<typeof attributeComparisonSchema>
