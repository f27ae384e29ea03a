import { z } from 'zod'
import { bounds } from './bounds.ts'
import { faultSchema } from './error.ts'
import { timeRangeParameter } from './time-range.ts'

/** A definition as it was written: see the schema of `PUT /api/pipelines/{name}`. */
const writtenSchema = z.record(z.string(), z.unknown())

const stageCounts = z.object({
  type: z.string(),
  lines: z
    .number()
    .meta({ description: 'Lines that the stage worked on since it was last changed or the process started.' }),
  failed: z.number(),
  ended: z.number().meta({ description: 'Lines that were dropped, sampled away or left the pipeline here.' }),
})

/** One pipeline of a tenant. */
export const pipelineSchema = z
  .object({
    name: z.string(),
    source: z.enum(['catalog', 'configuration']).meta({
      description: 'Those of the configuration are changed there, not through the API.',
    }),
    definition: writtenSchema,
    yaml: z.string().meta({ description: 'The definition as YAML.' }),
    running: z.boolean(),
    faults: z.array(faultSchema).meta({ description: 'Why it does not run though it is enabled.' }),
    stages: z.array(stageCounts).meta({ description: 'In order; empty where the pipeline does not run.' }),
  })
  .meta({ id: 'Pipeline' })

/** `GET /api/pipelines` */
export const pipelinesAnswerSchema = z.object({ pipelines: z.array(pipelineSchema) }).meta({ id: 'PipelinesAnswer' })

/** `GET /api/pipelines/stages`: what forms and completion are made of. */
export const pipelineStagesAnswerSchema = z
  .object({
    stages: z.array(
      z.object({
        type: z.string(),
        summary: z.string(),
        schema: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the stage.' }),
        examples: z.array(z.record(z.string(), z.unknown())),
      }),
    ),
    secret_kinds: z.array(z.object({ name: z.string(), description: z.string(), by_default: z.boolean() })),
    grok_patterns: z.array(z.string()),
    bounds: z.record(z.string(), z.number()),
  })
  .meta({ id: 'PipelineStages' })

export const pipelineParameters = z.strictObject({ name: z.string().min(1).max(100) })

/** Lines of one dry run. */
const maxTrialLines = 200

const trialTexts = z.record(z.string().max(bounds.fieldLength), z.string().max(bounds.stringLength))

const trialLineSchema = z
  .strictObject({
    body: z.string().max(65_536),
    severity: z.string().max(64).optional(),
    trace_id: z.string().max(32).optional(),
    span_id: z.string().max(16).optional(),
    attributes: trialTexts.optional(),
    resource: trialTexts.optional(),
  })
  .meta({ id: 'TrialLine' })

const recentLines = z
  .strictObject({
    service: z.string().min(1).max(bounds.fieldLength).optional(),
    level: z.string().min(1).max(32).optional(),
    text: z.string().min(1).max(bounds.stringLength).optional(),
    time: timeRangeParameter.optional().meta({ description: 'Left out: the last hour.' }),
    limit: z.int().min(1).max(maxTrialLines).default(20),
  })
  .meta({ id: 'RecentLines' })

/** `POST /api/pipelines/dry-run`, beside `pipeline`: which lines. */
export const dryRunLinesShape = {
  lines: z.array(trialLineSchema).min(1).max(maxTrialLines).optional().meta({ description: 'Lines of your own.' }),
  recent: recentLines.optional().meta({
    description:
      'Without `lines`: stored lines of the tenant, the newest first. They have been through the pipelines of their time.',
  }),
}

/** The same, without the pipeline. */
export const dryRunLinesSchema = z.object(dryRunLinesShape)

const shownLine = z.object({
  body: z.string(),
  severity: z.string(),
  time: z.string(),
  trace_id: z.string(),
  span_id: z.string(),
  attributes: z.record(z.string(), z.string()),
})

export const dryRunAnswerSchema = z
  .object({
    lines: z.array(
      z.object({
        before: shownLine,
        after: shownLine,
        fate: z.enum(['kept', 'dropped', 'sampled']),
        failure: z.string().meta({ description: 'The first stage that failed, and why; empty where none did.' }),
        tenant: z.string().optional().meta({ description: 'Where a route stage sends the line.' }),
        retention_days: z.number().optional(),
        metrics: z.array(z.object({ name: z.string(), labels: z.record(z.string(), z.string()), value: z.number() })),
      }),
    ),
    stages: z.array(
      stageCounts.extend({
        nanoseconds_per_line: z.number().meta({ description: 'Measured now, on these lines.' }),
      }),
    ),
    nanoseconds_per_line: z
      .number()
      .meta({ description: 'Of the whole pipeline and of writing the lines anew, measured now, on these lines.' }),
    message: z.string().optional(),
  })
  .meta({ id: 'DryRunAnswer' })

export type Pipeline = z.infer<typeof pipelineSchema>
export type DryRunAnswer = z.infer<typeof dryRunAnswerSchema>
export type DryRunLines = z.infer<typeof dryRunLinesSchema>
export type PipelineStages = z.infer<typeof pipelineStagesAnswerSchema>
