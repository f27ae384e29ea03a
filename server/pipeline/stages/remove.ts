import { z } from 'zod'
import { pipelineBounds } from '../record/bounds.ts'
import { fieldNameSchema } from '../record/condition.ts'
import type { LineRecord } from '../record/line-record.ts'
import { recordField, whyReadOnly } from '../record/record-field.ts'
import { StageFault } from '../record/stage-fault.ts'
import { defineStage } from './stage.ts'

export const remove = defineStage({
  name: 'remove',
  summary: 'Takes fields out; fields that the line lacks are passed over.',
  settings: {
    fields: z.array(fieldNameSchema).min(1).max(pipelineBounds.fieldsPerStage).meta({
      description: 'Names; one that ends in `*` stands for all attributes that begin so.',
    }),
  },
  examples: [
    {
      settings: { fields: ['tmp.*', 'lvl'] },
      before: { body: 'x', attributes: { 'tmp.a': '1', 'tmp.b': '2', lvl: 'info', kept: '3' } },
      after: { body: 'x', attributes: { kept: '3' } },
    },
  ],
  compile({ fields }) {
    const removals = fields.map((name, i) => compileRemoval(name, `fields[${i}]`))
    return (record) => {
      for (const remove of removals) remove(record)
      return null
    }
  },
})

function compileRemoval(name: string, path: string): (record: LineRecord) => void {
  if (name.endsWith('*')) {
    const start = name.slice(0, -1).replace(/^attributes\./, '')
    return ({ attributes }) => {
      for (let i = attributes.count - 1; i >= 0; i--) if (attributes.keyAt(i).startsWith(start)) attributes.removeAt(i)
    }
  }
  const field = recordField(name)
  const why = field.kind === 'time' ? 'a line keeps its time' : whyReadOnly(field)
  if (why !== null) throw new StageFault(path, why)
  return (record) => record.remove(field)
}
