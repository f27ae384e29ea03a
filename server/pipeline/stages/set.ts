import { z } from 'zod'
import type { AttributeType } from '../../model/columns.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { fieldNameSchema } from '../record/condition.ts'
import { recordField, whyReadOnly } from '../record/record-field.ts'
import { StageFault } from '../record/stage-fault.ts'
import { compileTemplate, type Template } from '../record/template.ts'
import { numberText } from '../record/typed-value.ts'
import { defineStage } from './stage.ts'

const value = z.union([z.string().max(pipelineBounds.textLength), z.number(), z.boolean()])

export const set = defineStage({
  name: 'set',
  summary:
    'Gives fields values: text with `{{field}}` in it, numbers, true or false. Fails where a severity, time or id cannot be read.',
  settings: {
    fields: z.record(fieldNameSchema, value).meta({
      description: `By name, at most ${pipelineBounds.fieldsPerStage}. A value that is one \`{{field}}\` alone sets nothing where the line lacks that field.`,
    }),
    overwrite: z
      .boolean()
      .default(true)
      .meta({ description: 'False: fields that the line has already keep their value.' }),
  },
  examples: [
    {
      settings: { fields: { severity: '{{lvl}}', route: '{{method}} {{path}}', canary: true } },
      before: { body: 'x', attributes: { lvl: 'error', method: 'GET', path: '/cart' } },
      after: {
        body: 'x',
        severity: 'error',
        attributes: { lvl: 'error', method: 'GET', path: '/cart', route: 'GET /cart', canary: 'true' },
      },
    },
  ],
  compile({ fields, overwrite }) {
    const entries = Object.entries(fields)
    if (entries.length > pipelineBounds.fieldsPerStage)
      throw new StageFault(
        'fields',
        `names ${entries.length} fields; expected at most ${pipelineBounds.fieldsPerStage}`,
      )
    const writes = entries.map(([name, written]) => {
      const field = recordField(name)
      const why = whyReadOnly(field)
      if (why !== null) throw new StageFault(`fields.${name}`, why)
      return { field, ...made(written, `fields.${name}`) }
    })
    return (record) => {
      let fault: string | null = null
      for (const { field, type, template } of writes) {
        if (!overwrite && record.text(field) !== null) continue
        const text = template(record)
        if (text !== null) fault ??= record.set(field, text, type)
      }
      return fault
    }
  },
})

function made(written: string | number | boolean, path: string): { type: AttributeType; template: Template } {
  if (typeof written === 'string') return { type: 's', template: compileTemplate(written, path) }
  if (typeof written === 'boolean') return { type: 'b', template: () => String(written) }
  const { type, text } = numberText(written)
  return { type, template: () => text }
}
