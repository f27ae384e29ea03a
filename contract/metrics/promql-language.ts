import { z } from 'zod'

const valueType = z.enum(['scalar', 'string', 'vector', 'matrix'])

/** `GET /api/promql/language`: the words of the query language, from the tables that the server itself parses by. */
export const promqlLanguageSchema = z
  .object({
    functions: z.array(
      z.object({
        name: z.string(),
        args: z.array(valueType).meta({ description: 'Types of the arguments in order.' }),
        optional: z.number().meta({ description: 'How many of the last arguments may be left out.' }),
        repeats_last: z.boolean(),
        returns: valueType,
        experimental: z.boolean(),
        summary: z.string(),
      }),
    ),
    aggregations: z.array(
      z.object({
        name: z.string(),
        has_parameter: z.boolean().meta({ description: 'Takes a value before the vector.' }),
        summary: z.string(),
      }),
    ),
    keywords: z.array(z.object({ name: z.string(), summary: z.string() })),
  })
  .meta({ id: 'PromqlLanguage' })

export type PromqlLanguage = z.infer<typeof promqlLanguageSchema>
