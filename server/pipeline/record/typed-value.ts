import { doubleText } from '../../model/attributes-builder.ts'
import type { AttributeType } from '../../model/columns.ts'

/** A value with its type, in the text form of AttributesColumn. */
export interface TypedValue {
  readonly type: AttributeType
  readonly text: string
}

/** Most digits that a signed 64-bit integer is sure to hold. */
const wholeNumber = /^[+-]?\d{1,18}$/

/** A number as an integer where it is one that JavaScript holds exactly, else as a double. */
export function numberText(value: number): TypedValue {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return { type: 'i', text: String(value) }
  return { type: 'd', text: doubleText(value) }
}

/** Kinds of values that a pattern can be told to read. */
export const valueKinds = ['string', 'int', 'float', 'bool'] as const
export type ValueKind = (typeof valueKinds)[number]

/** Text read as a kind of value; null where it is none such. */
export function readValue(text: string, kind: ValueKind): TypedValue | null {
  switch (kind) {
    case 'string':
      return { type: 's', text }
    case 'int':
      return wholeNumber.test(text) ? { type: 'i', text: BigInt(text.replace(/^\+/, '')).toString() } : null
    case 'float': {
      const value = text.trim() === '' ? Number.NaN : Number(text)
      return Number.isFinite(value) ? { type: 'd', text: doubleText(value) } : null
    }
    case 'bool':
      return /^(true|false)$/i.test(text) ? { type: 'b', text: text.toLowerCase() } : null
  }
}
