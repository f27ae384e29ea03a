import { z } from 'zod'
import { bounds } from '../bounds.ts'
import { resolvedRangeSchema, timeRangeSchema } from '../time-range.ts'

/** Labels that series must have; `service` is the service of a series, whichever label tells it. */
const wantedLabels = z
  .record(z.string().min(1).max(bounds.fieldLength), z.string().max(bounds.stringLength))
  .refine((labels) => Object.keys(labels).length <= bounds.filters, { error: `expected at most ${bounds.filters}` })
  .default({})
  .meta({ description: 'Only series with these labels. `service` follows `service_name`, else `service`, else `job`.' })

/** `POST /api/metrics/catalog`: which metrics there are. */
export const metricCatalogRequestSchema = z
  .strictObject({
    time_range: timeRangeSchema,
    labels: wantedLabels,
    limit: z.int().min(1).max(bounds.limit).default(bounds.limit).meta({ description: 'Stored names, not families.' }),
  })
  .meta({ id: 'MetricCatalogRequest' })

/** A name under which series are stored, and how many there are. */
const storedName = z.object({ name: z.string(), series: z.number() })

const metricTypes = [
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
  'unknown',
] as const

const metricFamily = z
  .object({
    name: z.string().meta({
      description: 'As people ask for it: the family of a histogram or summary, else the stored name.',
    }),
    type: z.enum(metricTypes).meta({ description: 'As the sender says; else from the names; else `unknown`.' }),
    unit: z.string().meta({ description: 'As the sender says, e.g. `seconds`; empty where it says nothing.' }),
    help: z.string(),
    series: z.number().meta({ description: 'Of all names together, on the days of the range.' }),
    names: z.array(storedName).meta({ description: 'Of a classic histogram `…_bucket`, `…_count`, `…_sum`.' }),
    service_label: z.string().meta({ description: 'The label that tells the service of its series; may be empty.' }),
  })
  .meta({ id: 'MetricFamily' })

export const metricCatalogAnswerSchema = z
  .object({
    time_range: resolvedRangeSchema,
    metrics: z.array(metricFamily).meta({ description: 'By name.' }),
    series: z.number().meta({ description: 'Of all metrics together.' }),
    truncated: z.boolean(),
  })
  .meta({ id: 'MetricCatalog' })

/** `POST /api/metrics/labels`: what tells the series of some stored names apart. */
export const metricLabelsRequestSchema = z
  .strictObject({
    time_range: timeRangeSchema,
    names: z.array(z.string().min(1).max(bounds.stringLength)).min(1).max(bounds.groupBy),
    labels: wantedLabels,
  })
  .meta({ id: 'MetricLabelsRequest' })

export const metricLabelsAnswerSchema = z
  .object({
    time_range: resolvedRangeSchema,
    series: z.number(),
    labels: z.array(
      z.object({
        name: z.string(),
        value_count: z.number().meta({ description: 'Different values: what this label multiplies series by.' }),
        series: z.number().meta({ description: 'Series that have the label.' }),
        values: z
          .array(z.object({ value: z.string(), series: z.number() }))
          .meta({ description: 'Those with the most series first, at most 100.' }),
      }),
    ),
  })
  .meta({ id: 'MetricLabels' })

export type MetricFamily = z.infer<typeof metricFamily>
export type MetricCatalogRequest = z.input<typeof metricCatalogRequestSchema>
export type MetricCatalog = z.infer<typeof metricCatalogAnswerSchema>
export type MetricLabelsRequest = z.input<typeof metricLabelsRequestSchema>
export type MetricLabels = z.infer<typeof metricLabelsAnswerSchema>
