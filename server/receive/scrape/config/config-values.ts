import { z } from 'zod'
import { parseDuration } from './duration.ts'

/**
 * Values of a prometheus.yml. Scalars may come as text (a file is read without guessing types, so that `regex: 8080`
 * and `replacement: 1.0` stay what they are) or as numbers and booleans (from a configuration that was parsed before).
 * An entry without a value counts as empty, as in Prometheus.
 */
const scalar = z.union([z.string(), z.number(), z.boolean()], 'expected text').transform(String)

export const text = z.preprocess((raw) => raw ?? '', scalar)

export const flag = z
  .union([z.boolean(), z.enum(['true', 'false'])], 'expected true or false')
  .transform((raw) => raw === true || raw === 'true')

export const count = scalar.transform((raw, context) => {
  if (/^\d{1,15}$/.test(raw)) return Number(raw)
  context.addIssue({ code: 'custom', message: `expected a whole number, got ${JSON.stringify(raw)}` })
  return z.NEVER
})

/** A number that is not negative. */
export const factor = scalar.transform((raw, context) => {
  if (/^\d+(\.\d*)?(e[+-]?\d+)?$/i.test(raw)) return Number(raw)
  context.addIssue({ code: 'custom', message: `expected a number, got ${JSON.stringify(raw)}` })
  return z.NEVER
})

/** Milliseconds. */
const duration = scalar.transform((raw, context) => {
  const ms = parseDuration(raw)
  if (ms !== null) return ms
  context.addIssue({
    code: 'custom',
    message: `expected a duration such as 15s, 1m30s or 1h, got ${JSON.stringify(raw)}`,
  })
  return z.NEVER
})

/** A duration above 0. */
export const period = duration.refine((ms) => ms > 0, 'expected a duration above 0')

const sizeUnits: Readonly<Record<string, number>> = { '': 0, K: 1, M: 2, G: 3, T: 4, P: 5, E: 6 }

/** Bytes; all units are powers of 1024, as in Prometheus. */
export const bytes = scalar.transform((raw, context) => {
  const match = /^(\d+(?:\.\d+)?)(?:([KMGTPE]?)i?B)?$/.exec(raw)
  if (match !== null) return Math.floor(Number(match[1]) * 1024 ** sizeUnits[match[2] ?? ''])
  context.addIssue({ code: 'custom', message: `expected a size such as 10MB, got ${JSON.stringify(raw)}` })
  return z.NEVER
})

/** An absent or empty list is an empty one. */
export function list<T extends z.ZodType>(entry: T) {
  return z.preprocess((raw) => (raw === undefined || raw === null || raw === '' ? [] : raw), z.array(entry))
}

/** An absent or empty mapping is an empty one. */
export function mapping<T extends z.ZodType>(entry: T) {
  return z.preprocess(
    (raw) => (raw === undefined || raw === null || raw === '' ? {} : raw),
    z.record(z.string(), entry),
  )
}

/** `{}` where the section is there without content. */
export function section<T extends z.ZodRawShape>(shape: T) {
  return z.preprocess((raw) => (raw === null || raw === '' ? {} : raw), z.strictObject(shape))
}
