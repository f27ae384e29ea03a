import { z } from 'zod'
import type { SettingType } from './setting-types.ts'

/** What a setting is for, beside the schema that reads it. */
export interface SettingFacts {
  /** One or two sentences for the reference: effect, bounds, what happens beyond them. */
  readonly description: string
  readonly expected: string
  /** The default as a person would write it. */
  readonly fallback: unknown
  readonly isSecret: boolean
  readonly write: (value: unknown) => unknown
}

const facts = new WeakMap<z.ZodType, SettingFacts>()

/** A setting of a section: its kind, its default as a person would write it, its description. */
export function setting<T>(type: SettingType<T>, fallback: unknown, description: string): z.ZodPrefault<z.ZodType<T>> {
  const schema = type.schema.prefault(fallback)
  facts.set(schema, {
    description,
    expected: type.expected,
    fallback,
    isSecret: type.isSecret === true,
    write: type.write as SettingFacts['write'],
  })
  return schema
}

/** A group of settings; a key that it does not know is an error. */
export function section<T extends z.ZodRawShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape)
}

/** One setting with its dotted path, e.g. `otlp.http.listen`. */
export interface Setting extends SettingFacts {
  readonly path: string
  readonly schema: z.ZodType
}

/** All settings of a schema made of sections, in the order they are written. */
export function settingsOf(schema: z.ZodObject, prefix = ''): readonly Setting[] {
  return Object.entries(schema.shape).flatMap(([key, inner]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`
    if (inner instanceof z.ZodObject) return settingsOf(inner, path)
    const known = facts.get(inner as z.ZodType)
    if (known === undefined) throw new Error(`${path} is neither a section nor a setting`)
    return [{ path, schema: inner as z.ZodType, ...known }]
  })
}
