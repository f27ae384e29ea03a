import { RE2JS } from 're2js'
import { type Condition, conditionOf } from '../../store/read/field.ts'
import type { Fragment } from '../../store/read/fragment.ts'
import { badQuestion } from '../faults.ts'
import type { NamedField } from './named-field.ts'

export type FilterOperator =
  | 'eq'
  | 'neq'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'in'
  | 'not_in'
  | 'contains'
  | 'not_contains'
  | 'regex'
  | 'not_regex'
  | 'exists'
  | 'not_exists'

type Scalar = string | number | boolean

/** A filter as it was asked for. */
export interface Filter {
  readonly field: string
  readonly operator: FilterOperator
  readonly value?: Scalar | readonly Scalar[]
}

/** Levels and the words people use for them. */
const levelWords: Readonly<Record<string, string>> = {
  trace: 'TRACE',
  debug: 'DEBUG',
  verbose: 'DEBUG',
  info: 'INFO',
  information: 'INFO',
  notice: 'INFO',
  warn: 'WARN',
  warning: 'WARN',
  error: 'ERROR',
  err: 'ERROR',
  fatal: 'FATAL',
  critical: 'FATAL',
  panic: 'FATAL',
  unset: 'UNSET',
}

/** The stored level that a word means, or null. */
export function levelNamed(word: string): string | null {
  return Object.hasOwn(levelWords, word.toLowerCase()) ? levelWords[word.toLowerCase()] : null
}

/** SQL of a filter. `path` says where the filter stands. Throws BadQuestion where operator, value and field do not fit. */
export function filterCondition(named: NamedField, filter: Filter, path: string): Fragment {
  return conditionOf(named.field, checked(named, filter, path))
}

function checked(named: NamedField, filter: Filter, path: string): Condition {
  const { operator, value } = filter
  const at = `${path}.value`
  switch (operator) {
    case 'exists':
    case 'not_exists':
      if (value !== undefined) throw badQuestion(at, `expected no value with ${operator}`)
      return { operator }
    case 'in':
    case 'not_in': {
      if (!Array.isArray(value)) throw badQuestion(at, `expected a list with ${operator}, like ["a", "b"]`)
      const values = value as readonly Scalar[]
      return isNumeric(named)
        ? { operator, numbers: values.map((one, i) => numberValue(named, one, `${at}[${i}]`)) }
        : { operator, texts: values.map((one, i) => textValue(named, one, `${at}[${i}]`)) }
    }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      if (named.form.kind !== 'text' && !isNumeric(named))
        throw badQuestion(`${path}.operator`, `${operator} compares numbers; ${named.name} holds none`)
      return { operator, number: numberValue(named, single(value, operator, at), at) }
    case 'eq':
    case 'neq':
      return isNumeric(named)
        ? { operator, number: numberValue(named, single(value, operator, at), at) }
        : { operator, text: textValue(named, single(value, operator, at), at) }
    default:
      return textCondition(named, filter, path)
  }
}

function textCondition(named: NamedField, filter: Filter, path: string): Condition {
  const operator = filter.operator as 'contains' | 'not_contains' | 'regex' | 'not_regex'
  const value = single(filter.value, operator, `${path}.value`)
  if (isNumeric(named)) throw badQuestion(`${path}.operator`, `${operator} searches text; ${named.name} is a number`)
  if (typeof value !== 'string') throw badQuestion(`${path}.value`, `expected text with ${operator}`)
  if (operator === 'regex' || operator === 'not_regex') checkRegex(value, `${path}.value`)
  return { operator, text: value }
}

function checkRegex(pattern: string, path: string): void {
  try {
    RE2JS.compile(pattern)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw badQuestion(path, `${JSON.stringify(pattern)} is not a regular expression of RE2: ${reason}`)
  }
}

function isNumeric(named: NamedField): boolean {
  return named.form.kind === 'number' || named.form.kind === 'flag'
}

function single(value: Filter['value'], operator: string, path: string): Scalar {
  if (value === undefined) throw badQuestion(path, `expected a value with ${operator}`)
  if (typeof value === 'object') throw badQuestion(path, `expected one value with ${operator}, not a list; use in`)
  return value
}

function numberValue(named: NamedField, value: Scalar, path: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (named.form.kind === 'flag' && typeof number === 'boolean') return number ? 1 : 0
  if (typeof number === 'number' && Number.isFinite(number)) return number
  const unit = named.unit === '' ? '' : ` (${named.unit})`
  throw badQuestion(path, `expected a number${unit} for ${named.name}, got ${JSON.stringify(value)}`)
}

function textValue(named: NamedField, value: Scalar, path: string): string {
  const { form } = named
  const text = String(value)
  if (form.kind === 'hex') {
    if (!/^[0-9a-f]+$/i.test(text) || text.length > form.digits)
      throw badQuestion(path, `${JSON.stringify(value)} is no ${named.name}: expected up to ${form.digits} hex digits`)
    return text.toLowerCase().padStart(form.digits, '0')
  }
  if (form.kind === 'level') {
    const level = levelNamed(text)
    if (level !== null) return level
    throw badQuestion(path, `${JSON.stringify(value)} is no level: expected trace, debug, info, warn, error or fatal`)
  }
  if (form.kind === 'choice' && !form.choices.includes(text.toLowerCase()))
    throw badQuestion(path, `${JSON.stringify(value)} is no ${named.name}: expected one of ${form.choices.join(', ')}`)
  return form.kind === 'choice' ? text.toLowerCase() : text
}
