import { z } from 'zod'
import { bounds } from './bounds.ts'
import { filtersSchema } from './filter.ts'
import { logRecordSchema } from './logs.ts'
import { resolvedRangeSchema, timeRangeSchema } from './time-range.ts'
import { spanRecordSchema } from './traces.ts'

/** Functions of an aggregation. `rate` is per second over the range or interval, for counters aware of resets. */
const aggregationFunctions = [
  'percentile_50',
  'percentile_75',
  'percentile_90',
  'percentile_95',
  'percentile_99',
  'avg',
  'sum',
  'min',
  'max',
  'count',
  'count_distinct',
  'rate',
] as const

const querySignals = ['traces', 'logs', 'metrics'] as const

const aggregation = z
  .strictObject({
    field: z
      .string()
      .min(1)
      .max(bounds.fieldLength)
      .optional()
      .meta({ description: 'Needed by all functions but `count` and `rate`, which without it count rows.' }),
    function: z.enum(aggregationFunctions),
  })
  .meta({ id: 'Aggregation' })

/** `POST /api/query`: filter one signal and aggregate it, or list the matching records where there is no aggregation. */
export const queryRequestSchema = z
  .strictObject({
    time_range: timeRangeSchema,
    signal: z
      .enum(querySignals)
      .optional()
      .meta({ description: 'Left out: `logs` or `metrics` where a field belongs only there, else `traces`.' }),
    metrics: z
      .array(z.string().min(1).max(bounds.fieldLength))
      .min(1)
      .max(bounds.filters)
      .optional()
      .meta({ description: 'Names of metrics; short for a filter on `metric`.' }),
    filters: filtersSchema.default([]),
    aggregations: z.array(aggregation).max(bounds.aggregations).default([]),
    group_by: z.array(z.string().min(1).max(bounds.fieldLength)).max(bounds.groupBy).default([]),
    interval: z
      .string()
      .max(32)
      .optional()
      .meta({ description: 'One row per step of this length, e.g. `1m`; steps without rows are left out.' }),
    limit: z.int().min(1).max(bounds.limit).default(100),
  })
  .meta({ id: 'QueryRequest' })

const resultRow = z.object({
  time: z.string().optional().meta({ description: 'Start of the step; with `interval` only.' }),
  group: z.record(z.string(), z.string()).meta({ description: 'Values of the `group_by` fields.' }),
  values: z.record(z.string(), z.number().nullable()).meta({
    description: 'By `FIELD_FUNCTION`, e.g. `latency_percentile_95`; null where nothing was there to aggregate.',
  }),
  count: z.number().meta({ description: 'Matching rows in this group.' }),
})

const metricRecord = z
  .object({
    metric: z.string(),
    labels: z.record(z.string(), z.string()),
    timestamp: z.string(),
    value: z.number().nullable().meta({ description: 'Newest value in the range; null for NaN and infinities.' }),
  })
  .meta({ id: 'MetricRecord' })

export const queryAnswerSchema = z
  .object({
    signal: z.enum(querySignals),
    time_range: resolvedRangeSchema,
    aggregations: z.array(
      z.object({
        name: z.string().meta({ description: 'Key in `values`.' }),
        field: z.string(),
        function: z.enum(aggregationFunctions),
        unit: z.string().meta({ description: '`µs`, `ratio` (0 to 1), `1/s`, `rows`, or empty where not known.' }),
      }),
    ),
    results: z.array(resultRow),
    spans: z.array(spanRecordSchema).optional(),
    logs: z.array(logRecordSchema).optional(),
    metrics: z.array(metricRecord).optional(),
    matched: z.number().meta({
      description:
        'Rows that passed the filters: spans, log records, samples; series where metrics are listed. Where `truncated` says that there are more groups, those of the groups shown.',
    }),
    truncated: z.boolean().meta({ description: 'More rows were there than `limit`.' }),
    message: z.string().optional().meta({ description: 'In words, where the answer is empty or needs a remark.' }),
  })
  .meta({ id: 'QueryAnswer' })

export type QueryRequest = z.infer<typeof queryRequestSchema>
export type QueryAnswer = z.infer<typeof queryAnswerSchema>
