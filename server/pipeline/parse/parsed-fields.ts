import { z } from 'zod'
import type { AttributeType } from '../../model/columns.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { fieldNameSchema } from '../record/condition.ts'
import type { LineRecord } from '../record/line-record.ts'
import { parsedField, type RecordField, recordField } from '../record/record-field.ts'
import { StageFault } from '../record/stage-fault.ts'
import type { ValueKind } from '../record/typed-value.ts'
import { readValue } from '../record/typed-value.ts'

/** The setting of every stage that parses: what it reads. */
export const sourceSettings = {
  field: fieldNameSchema.default('body').meta({ description: 'The field that is parsed.' }),
}

/** The setting of stages that take names from the line. */
export const prefixSettings = {
  prefix: z
    .string()
    .max(100)
    .default('')
    .meta({ description: 'Put before the name of every attribute found, such as `app.`.' }),
}

/** Reads the text to be parsed; a string in `fault` where there is none. */
export function sourceOf(name: string): (record: LineRecord) => { text: string } | { fault: string } {
  const field = recordField(name)
  return (record) => {
    const text = record.text(field)
    if (text === null || text === '') return { fault: `there is no ${name}` }
    if (text.length > pipelineBounds.parsedLength)
      return { fault: `${name} has ${text.length} characters; at most ${pipelineBounds.parsedLength} are parsed` }
    return { text }
  }
}

/** A name in a pattern and how its value is read. */
export interface Target {
  readonly field: RecordField
  readonly name: string
  readonly kind: ValueKind
}

/** Throws: StageFault where the name cannot be written. */
export function targetOf(name: string, kind: ValueKind, path: string): Target {
  const field = parsedField(name)
  if (name.length > pipelineBounds.fieldNameLength)
    throw new StageFault(
      path,
      `a name has ${name.length} characters; expected at most ${pipelineBounds.fieldNameLength}`,
    )
  if (field === null) throw new StageFault(path, `${name} is of the resource; expected the name of an attribute`)
  return { field, name, kind }
}

/**
 * Gives the record what was found under a target. Where a severity, time or id cannot be read, the text becomes an
 * attribute of that name; a number that is none stays text.
 */
export function give(record: LineRecord, { field, name, kind }: Target, text: string): string | null {
  if (field.kind !== 'attribute') {
    if (record.set(field, text) === null) return null
    return record.set({ kind: 'attribute', key: name }, text)
  }
  const value = readValue(text, kind)
  return value === null ? record.set(field, text) : record.set(field, value.text, value.type)
}

/** Attributes found in one line, until it is sure that the whole could be read. */
export class FoundAttributes {
  readonly #keys: string[] = []
  readonly #types: AttributeType[] = []
  readonly #texts: string[] = []

  clear(): void {
    this.#keys.length = 0
    this.#types.length = 0
    this.#texts.length = 0
  }

  add(key: string, type: AttributeType, text: string): void {
    this.#keys.push(key)
    this.#types.push(type)
    this.#texts.push(text)
  }

  get count(): number {
    return this.#keys.length
  }

  /** Gives all to the record. Keys that are too long are passed over; the answer says so. */
  giveTo(record: LineRecord, prefix: string): string | null {
    let fault: string | null = null
    for (let i = 0; i < this.#keys.length; i++) {
      const key = prefix + this.#keys[i]
      if (key.length > pipelineBounds.fieldNameLength) fault ??= `a key has ${key.length} characters`
      else fault ??= record.set({ kind: 'attribute', key }, this.#texts[i], this.#types[i])
    }
    return fault
  }
}
