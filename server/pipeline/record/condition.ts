import { z } from 'zod'
import { pipelineBounds } from './bounds.ts'
import type { LineRecord } from './line-record.ts'
import { compilePattern } from './pattern.ts'
import { type RecordField, recordField } from './record-field.ts'
import { StageFault } from './stage-fault.ts'

export const fieldNameSchema = z
  .string()
  .min(1)
  .max(pipelineBounds.fieldNameLength)
  .meta({ description: 'A field: `body`, `severity`, `time`, `trace_id`, an attribute, `resource.X`.' })

const scalar = z.union([z.string().max(pipelineBounds.textLength), z.number(), z.boolean()])

const conditionSchema = z
  .strictObject({
    field: fieldNameSchema,
    exists: z.boolean().optional().meta({ description: 'Whether the field is there and not empty.' }),
    equals: scalar.optional(),
    one_of: z.array(scalar).min(1).max(pipelineBounds.values).optional(),
    contains: z.string().min(1).max(pipelineBounds.textLength).optional(),
    starts_with: z.string().min(1).max(pipelineBounds.textLength).optional(),
    matches: z
      .string()
      .min(1)
      .max(pipelineBounds.patternLength)
      .optional()
      .meta({ description: 'A regular expression (RE2) found anywhere in the field.' }),
    at_least: z.number().optional().meta({ description: 'The field is a number, and not below this one.' }),
    below: z.number().optional().meta({ description: 'The field is a number below this one.' }),
  })
  .meta({ id: 'PipelineCondition', description: 'All tests that are given must hold.' })

const conditions = z.array(conditionSchema).min(1).max(pipelineBounds.conditions)

/** Conditions on one line. All three parts that are given must hold. */
export const conditionGroupSchema = z
  .strictObject({
    all: conditions.optional().meta({ description: 'Every one of these holds.' }),
    any: conditions.optional().meta({ description: 'At least one of these holds.' }),
    none: conditions.optional().meta({ description: 'None of these holds.' }),
  })
  .meta({ id: 'PipelineConditions' })

type Condition = z.output<typeof conditionSchema>
export type ConditionGroup = z.output<typeof conditionGroupSchema>

/** Whether a line fits. */
export type Test = (record: LineRecord) => boolean

/** Throws: StageFault with a path below `path`. */
export function compileConditions(group: ConditionGroup, path: string): Test {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`)
  const tests: Test[] = []
  const each = (name: 'all' | 'any' | 'none'): readonly Test[] =>
    (group[name] ?? []).map((one, i) => compileCondition(one, `${at(name)}[${i}]`))
  tests.push(...each('all'))
  const any = each('any')
  if (any.length > 0) tests.push((record) => any.some((test) => test(record)))
  const none = each('none')
  if (none.length > 0) tests.push((record) => !none.some((test) => test(record)))
  if (tests.length === 0) throw new StageFault(path, 'no condition is given; expected all, any or none')
  const [only] = tests
  return tests.length === 1 ? only : (record) => tests.every((test) => test(record))
}

function compileCondition(condition: Condition, path: string): Test {
  const field = recordField(condition.field)
  const tests = textTests(condition, path)
  const { exists } = condition
  if (exists === undefined && tests.length === 0)
    throw new StageFault(
      path,
      'says nothing about its field; expected exists, equals, one_of, contains, starts_with, matches, at_least or below',
    )
  return (record) => holds(record, { field, exists, tests })
}

function holds(
  record: LineRecord,
  wanted: { field: RecordField; exists: boolean | undefined; tests: readonly ((text: string) => boolean)[] },
): boolean {
  const text = record.text(wanted.field)
  const isThere = text !== null && text !== ''
  if (wanted.exists !== undefined && wanted.exists !== isThere) return false
  if (wanted.tests.length === 0) return true
  return text !== null && wanted.tests.every((test) => test(text))
}

function textTests(condition: Condition, path: string): readonly ((text: string) => boolean)[] {
  const tests: ((text: string) => boolean)[] = []
  const { equals, one_of: oneOf, contains, starts_with: start, matches, at_least: least, below } = condition
  if (equals !== undefined) {
    const wanted = String(equals)
    tests.push((text) => text === wanted)
  }
  if (oneOf !== undefined) {
    const wanted = new Set(oneOf.map(String))
    tests.push((text) => wanted.has(text))
  }
  if (contains !== undefined) tests.push((text) => text.includes(contains))
  if (start !== undefined) tests.push((text) => text.startsWith(start))
  if (matches !== undefined) {
    const { expression } = compilePattern(matches, `${path}.matches`)
    tests.push((text) => expression.test(text))
  }
  if (least !== undefined) tests.push((text) => text !== '' && Number(text) >= least)
  if (below !== undefined) tests.push((text) => text !== '' && Number(text) < below)
  return tests
}
