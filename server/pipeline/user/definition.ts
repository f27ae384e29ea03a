import { z } from 'zod'
import { pipelineBounds } from '../record/bounds.ts'
import { conditionGroupSchema } from '../record/condition.ts'
import { stages } from '../stages/registry.ts'
import type { Stage } from '../stages/stage.ts'

/** Settings that every stage has besides its own. */
const everyStage = {
  when: conditionGroupSchema.optional().meta({ description: 'The stage works on lines that fit; others pass it by.' }),
  on_failure: z.enum(['next', 'end', 'drop']).default('next').meta({
    description:
      'What becomes of a line on which the stage fails; it is marked in any case. next: goes on to the next stage. end: leaves the pipeline. drop: is left out.',
  }),
}

type StageSchema = z.ZodObject<{ type: z.ZodLiteral<string> } & typeof everyStage, z.core.$strict>

const schemas = new Map(stages.map((stage) => [stage, makeSchema(stage)]))

/** The schema of one stage as people write it. */
export function stageSchemaOf(stage: Stage): StageSchema {
  return schemas.get(stage) ?? makeSchema(stage)
}

function makeSchema(stage: Stage): StageSchema {
  const { shape } = stage.schema
  return z
    .strictObject({ type: z.literal(stage.name), ...shape, ...everyStage })
    .meta({ id: `PipelineStage_${stage.name}`, description: stage.summary }) as unknown as StageSchema
}

const [first, ...others] = stages.map(stageSchemaOf)

/** Letters, digits, `_`, `.` and `-`: the name stands in addresses. */
const pipelineNameSchema = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}$/)

/** A pipeline as people write it, in YAML or JSON. */
export const pipelineDefinitionSchema = z
  .strictObject({
    name: pipelineNameSchema,
    description: z.string().max(pipelineBounds.textLength).default(''),
    enabled: z.boolean().default(true),
    position: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(100)
      .meta({ description: "A tenant's pipelines run by ascending position, those of one position by name." }),
    stages: z
      .array(z.discriminatedUnion('type', [first, ...others]))
      .min(1)
      .max(pipelineBounds.stagesPerPipeline),
  })
  .meta({ id: 'PipelineDefinition' })

/** One stage of a definition; the settings of its kind stand beside those of every stage. */
export type StageSettings = z.output<(typeof pipelineDefinitionSchema)['shape']['stages']>[number] &
  Readonly<Record<string, unknown>>

export type PipelineDefinition = Omit<z.output<typeof pipelineDefinitionSchema>, 'stages'> & {
  readonly stages: readonly StageSettings[]
}
