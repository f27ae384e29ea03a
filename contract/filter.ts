import { z } from 'zod'
import { bounds } from './bounds.ts'

/** Comparisons of a filter. `regex` is RE2 and matches anywhere in the text; `contains` ignores case. */
const filterOperators = [
  'eq',
  'neq',
  'gt',
  'gte',
  'lt',
  'lte',
  'in',
  'not_in',
  'contains',
  'not_contains',
  'regex',
  'not_regex',
  'exists',
  'not_exists',
] as const

const scalar = z.union([z.string().max(bounds.stringLength), z.number(), z.boolean()])

/** One condition. All conditions of a request must hold. */
const filterSchema = z
  .strictObject({
    field: z
      .string()
      .min(1)
      .max(bounds.fieldLength)
      .meta({ description: 'A field of docs/field-names.md, or the name of an attribute or label.' }),
    operator: z.enum(filterOperators),
    value: z
      .union([scalar, z.array(scalar).min(1).max(bounds.filterValues)], {
        error: `expected text (at most ${bounds.stringLength} characters), a number, true/false, or a list of 1 to ${bounds.filterValues} of them`,
      })
      .optional()
      .meta({ description: 'A list for `in` and `not_in`, nothing for `exists` and `not_exists`, else one value.' }),
  })
  .meta({ id: 'Filter' })

export const filtersSchema = z.array(filterSchema).max(bounds.filters)

export type FilterRequest = z.infer<typeof filterSchema>
