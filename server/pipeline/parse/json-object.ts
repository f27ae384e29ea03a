import { doubleText } from '../../model/attributes-builder.ts'
import { pipelineBounds } from '../record/bounds.ts'
import type { FoundAttributes } from './parsed-fields.ts'

/**
 * Reads a JSON object into attributes, with dotted names for objects within. Lists, and what lies deeper than
 * `jsonDepth`, stay JSON. Whole numbers keep all their digits. The answer: why it cannot be read, or null.
 */
export function readJsonObject(text: string, into: FoundAttributes): string | null {
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no JSON object'
  addObject(value as Readonly<Record<string, unknown>>, { into, prefix: '', depth: 1 })
  return null
}

/** A whole number that JavaScript's numbers do not hold, as it was written. */
class LargeInteger {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }

  toJSON(): unknown {
    return Number(this.text)
  }
}

const longDigits = /\d{16}/
const wholeNumber = /^-?\d{16,19}$/

function parse(text: string): unknown {
  try {
    // The source of a number is asked for only where there may be one that a double does not hold.
    if (!longDigits.test(text)) return JSON.parse(text)
    return JSON.parse(text, function keepDigits(this: unknown, _key, value: unknown, context?: { source?: string }) {
      const source = context?.source ?? ''
      return typeof value === 'number' && !Number.isSafeInteger(value) && fitsInt64(source)
        ? new LargeInteger(source)
        : value
    } as (key: string, value: unknown) => unknown)
  } catch {
    return undefined
  }
}

function fitsInt64(source: string): boolean {
  return wholeNumber.test(source) && BigInt.asIntN(64, BigInt(source)) === BigInt(source)
}

interface Place {
  readonly into: FoundAttributes
  readonly prefix: string
  readonly depth: number
}

function addObject(object: Readonly<Record<string, unknown>>, place: Place): void {
  for (const [key, value] of Object.entries(object)) {
    // One more than a line may have is enough to know that it has too many.
    if (place.into.count > pipelineBounds.attributesPerLine) return
    addValue(place.prefix + key, value, place)
  }
}

function addValue(key: string, value: unknown, { into, depth }: Place): void {
  if (typeof value === 'string') into.add(key, 's', value)
  else if (typeof value === 'boolean') into.add(key, 'b', String(value))
  else if (typeof value === 'number')
    into.add(key, Number.isSafeInteger(value) && !Object.is(value, -0) ? 'i' : 'd', doubleText(value))
  else if (value instanceof LargeInteger) into.add(key, 'i', value.text)
  else if (value === null) into.add(key, 'n', '')
  else if (Array.isArray(value)) into.add(key, 'a', JSON.stringify(value))
  else if (depth >= pipelineBounds.jsonDepth) into.add(key, 'm', JSON.stringify(value))
  else addObject(value as Readonly<Record<string, unknown>>, { into, prefix: `${key}.`, depth: depth + 1 })
}
