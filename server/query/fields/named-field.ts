import type { Field } from '../../store/read/field.ts'
import type { FieldName } from '../../store/read/span-fields.ts'
import { attributeNames, isResourceName, resourceNames } from './conventions.ts'

export type Signal = 'traces' | 'logs' | 'metrics'

/** What a value of the field must look like. */
export type ValueForm =
  | { readonly kind: 'text' | 'number' | 'flag' | 'level' }
  | { readonly kind: 'hex'; readonly digits: 16 | 32 }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }

/** A field by a name that people use. */
export interface NamedField {
  /** As it was asked for. */
  readonly name: string
  readonly field: Field
  readonly form: ValueForm
  /** `µs`, `ratio`, or '' where not known. */
  readonly unit: string
  /** The rows need the attributes of their resource. */
  readonly needsResources: boolean
}

/** One line of a table of names. */
export interface NameEntry<Column extends string> {
  readonly names: readonly string[]
  readonly column: Column
  readonly form?: ValueForm
  readonly unit?: string
}

/**
 * Where a name that no table knows is read: `resource.X` in the resource, `attributes.X` (or `tags.X`, `span.X`) in
 * the row; without a prefix in the resource where the conventions put the name there, else in the row.
 */
export function attributeNamed(name: string): Exclude<FieldName<string>, { kind: 'column' }> {
  const [, place, rest] = /^(resource|attributes|tags|span)\.(.+)$/.exec(name) ?? ['', '', name]
  const isResource = place === 'resource' || (place === '' && isResourceName(rest))
  return isResource
    ? { kind: 'resource', keys: resourceNames(rest) }
    : { kind: 'attribute', keys: attributeNames(rest) }
}

export const textForm: ValueForm = { kind: 'text' }
