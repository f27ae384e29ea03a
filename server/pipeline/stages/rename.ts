import { z } from 'zod'
import { pipelineBounds } from '../record/bounds.ts'
import { fieldNameSchema } from '../record/condition.ts'
import type { LineRecord } from '../record/line-record.ts'
import { type RecordField, recordField, whyReadOnly } from '../record/record-field.ts'
import { StageFault } from '../record/stage-fault.ts'
import { defineStage } from './stage.ts'

export const rename = defineStage({
  name: 'rename',
  summary: 'Gives fields other names; fields that the line lacks are passed over.',
  settings: {
    fields: z
      .record(fieldNameSchema, fieldNameSchema)
      .meta({ description: `From the old name to the new one, at most ${pipelineBounds.fieldsPerStage}.` }),
  },
  examples: [
    {
      settings: { fields: { status: 'http.response.status_code', lvl: 'severity' } },
      before: { body: 'done', attributes: { status: '200', lvl: 'warn' } },
      after: { body: 'done', severity: 'warn', attributes: { 'http.response.status_code': '200' } },
    },
  ],
  compile({ fields }) {
    const entries = Object.entries(fields)
    if (entries.length > pipelineBounds.fieldsPerStage)
      throw new StageFault(
        'fields',
        `names ${entries.length} fields; expected at most ${pipelineBounds.fieldsPerStage}`,
      )
    const moves = entries.map(([from, to]) => ({ from: writable(from), to: writable(to) }))
    return (record) => {
      let fault: string | null = null
      for (const { from, to } of moves) fault ??= move(record, from, to)
      return fault
    }
  },
})

function writable(name: string): RecordField {
  const field = recordField(name)
  const why = whyReadOnly(field)
  if (why !== null) throw new StageFault(`fields.${name}`, why)
  return field
}

function move(record: LineRecord, from: RecordField, to: RecordField): string | null {
  if (from.kind === 'attribute') {
    const index = record.attributes.indexOf(from.key)
    if (index === -1) return null
    if (to.kind === 'attribute') {
      record.attributes.renameAt(index, to.key)
      return null
    }
  }
  const text = record.text(from)
  if (text === null) return null
  const fault = record.set(to, text)
  if (fault === null) record.remove(from)
  return fault
}
