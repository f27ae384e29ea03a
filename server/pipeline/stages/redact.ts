import { z } from 'zod'
import { nearest } from '../../runtime/config/nearest.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { fieldNameSchema } from '../record/condition.ts'
import type { LineRecord } from '../record/line-record.ts'
import { compilePattern } from '../record/pattern.ts'
import { type RecordField, recordField, whyReadOnly } from '../record/record-field.ts'
import { StageFault } from '../record/stage-fault.ts'
import { Redaction } from '../secrets/redaction.ts'
import { type SecretKind, secretKinds } from '../secrets/secret-kinds.ts'
import { defineStage } from './stage.ts'

const kindNames = secretKinds.map(({ name }) => name)
const defaultKinds = secretKinds.filter(({ isDefault }) => isDefault).map(({ name }) => name)
const allAttributes = 'attributes.*'

export const redact = defineStage({
  name: 'redact',
  summary:
    'Replaces secrets, card numbers and what patterns of your own find, in the body and in attributes, before the line is stored.',
  settings: {
    fields: z
      .array(fieldNameSchema)
      .min(1)
      .max(pipelineBounds.fieldsPerStage)
      .default(['body', allAttributes])
      .meta({ description: '`attributes.*` stands for all attributes.' }),
    kinds: z
      .array(z.string().max(64))
      .max(kindNames.length)
      .default(defaultKinds)
      .meta({ description: `Any of ${kindNames.join(', ')}.` }),
    patterns: z
      .record(z.string().regex(/^[a-z0-9_]{1,64}$/), z.string().min(1).max(pipelineBounds.patternLength))
      .default({})
      .meta({
        description: 'RE2 patterns of your own by name; where one has a capture, only the first one is replaced.',
      }),
    replacement: z
      .string()
      .max(200)
      .default('[redacted:{{kind}}]')
      .meta({ description: 'What stands there instead; `{{kind}}` is the name of what was found.' }),
  },
  examples: [
    {
      settings: {},
      before: { body: 'paid with 4111 1111 1111 1111', attributes: { password: 'hunter2', user: 'ann' } },
      after: {
        body: 'paid with [redacted:card_number]',
        attributes: { password: '[redacted:secret_value]', user: 'ann' },
      },
    },
    {
      settings: { kinds: [], patterns: { customer: 'customer ([0-9]+)' }, replacement: '***' },
      before: { body: 'order of customer 4711' },
      after: { body: 'order of customer ***' },
    },
  ],
  compile({ fields, kinds, patterns, replacement }) {
    const redaction = new Redaction([...kinds.map(knownKind), ...ownKinds(patterns)], (kind) =>
      replacement.replaceAll('{{kind}}', kind),
    )
    const hasAll = fields.includes(allAttributes)
    const others = fields.flatMap((name, i) => (name === allAttributes ? [] : [writable(name, `fields[${i}]`)]))
    const named = hasAll ? others.filter(({ kind }) => kind !== 'attribute') : others
    return (record) => {
      for (const field of named) redactField(record, field, redaction)
      if (hasAll) redactAttributes(record, redaction)
      return null
    }
  },
})

function knownKind(name: string, index: number): SecretKind {
  const known = secretKinds.find((kind) => kind.name === name)
  if (known !== undefined) return known
  const meant = nearest(name, kindNames)
  const hint = meant === undefined ? `expected any of ${kindNames.join(', ')}` : `did you mean ${meant}?`
  throw new StageFault(`kinds[${index}]`, `${JSON.stringify(name)} is no kind of secret; ${hint}`)
}

function ownKinds(patterns: Readonly<Record<string, string>>): readonly SecretKind[] {
  const entries = Object.entries(patterns)
  if (entries.length > pipelineBounds.patternsPerStage)
    throw new StageFault(
      'patterns',
      `has ${entries.length} entries; expected at most ${pipelineBounds.patternsPerStage}`,
    )
  return entries.map(([name, pattern]) => {
    compilePattern(pattern, `patterns.${name}`)
    return { name, pattern, description: '', isDefault: false }
  })
}

function writable(name: string, path: string): RecordField {
  const field = recordField(name)
  const why = field.kind === 'time' ? 'a time holds no secret' : whyReadOnly(field)
  if (why !== null) throw new StageFault(path, why)
  return field
}

function redactField(record: LineRecord, field: RecordField, redaction: Redaction): void {
  const text = record.text(field)
  if (text === null) return
  const made = (field.kind === 'attribute' ? redaction.ofKey(field.key) : null) ?? redaction.of(text)
  if (made === null) return
  // Ids and severities cannot hold other text: they go.
  if (record.set(field, made) !== null) record.remove(field)
}

function redactAttributes({ attributes }: LineRecord, redaction: Redaction): void {
  const { count } = attributes
  for (let i = 0; i < count; i++) {
    const text = attributes.textAt(i)
    if (text === '') continue
    const made = redaction.ofKey(attributes.keyAt(i)) ?? redaction.of(text)
    if (made !== null) attributes.set(attributes.keyAt(i), 's', made)
  }
}
