import { all, type Fragment, float, floatList, joined, sql, text, textList } from './fragment.ts'

/**
 * A thing that rows can be filtered, grouped and aggregated by.
 * `text`: a String expression. `number`: a Float64 or Nullable(Float64) expression. `flag`: UInt8, 0 or 1.
 */
export interface Field {
  readonly type: 'text' | 'number' | 'flag'
  readonly value: Fragment
  /** The row has it. Where left out, every row has. */
  readonly present?: Fragment
  /** For text that may hold a number: the number, NULL where it holds none. */
  readonly number?: Fragment
  /** For ids stored as bytes: the stored column and its length, so that `eq` and `in` can use an index. */
  readonly bytes?: { readonly column: Fragment; readonly length: 8 | 16 }
  /** Builds a condition that the rows with this text all pass, so that an index can rule out the others. */
  readonly hint?: (value: string) => Fragment
}

/** A condition on one field. The value has been checked to fit the operator and the field. */
export type Condition =
  | { readonly operator: 'exists' | 'not_exists' }
  | { readonly operator: 'eq' | 'neq' | 'contains' | 'not_contains' | 'regex' | 'not_regex'; readonly text: string }
  | { readonly operator: 'in' | 'not_in'; readonly texts: readonly string[] }
  | { readonly operator: 'eq' | 'neq' | 'gt' | 'gte' | 'lt' | 'lte'; readonly number: number }
  | { readonly operator: 'in' | 'not_in'; readonly numbers: readonly number[] }

const always = sql`1`

/**
 * SQL of a condition. A row that does not have the field passes only the negative operators.
 */
export function conditionOf(field: Field, condition: Condition): Fragment {
  const present = field.present ?? always
  if ('text' in condition) return compareText(field, condition.operator, condition.text)
  if ('number' in condition) return compareNumber(field, condition.operator, condition.number)
  if ('numbers' in condition) {
    const isIn = sql`ifNull(has(${floatList(condition.numbers)}, ${numberOf(field)}), 0) AND ${present}`
    return condition.operator === 'in' ? sql`(${isIn})` : sql`NOT (${isIn})`
  }
  if ('texts' in condition) {
    const isIn = textIn(field, condition.texts)
    return condition.operator === 'in' ? sql`(${isIn})` : sql`NOT (${isIn})`
  }
  return condition.operator === 'exists' ? present : sql`NOT (${present})`
}

/** The field as a number, NULL where it is none. */
export function numberOf(field: Field): Fragment {
  if (field.type !== 'text') return sql`toFloat64(${field.value})`
  return field.number ?? sql`toFloat64OrNull(${field.value})`
}

function compareNumber(field: Field, operator: 'eq' | 'neq' | 'gt' | 'gte' | 'lt' | 'lte', number: number): Fragment {
  const left = numberOf(field)
  const right = float(number)
  const comparisons = {
    eq: sql`${left} = ${right}`,
    neq: sql`${left} != ${right}`,
    gt: sql`${left} > ${right}`,
    gte: sql`${left} >= ${right}`,
    lt: sql`${left} < ${right}`,
    lte: sql`${left} <= ${right}`,
  }
  const present = field.present ?? always
  if (operator === 'neq') return sql`NOT (ifNull(${left} = ${right}, 0) AND ${present})`
  return sql`(ifNull(${comparisons[operator]}, 0) AND ${present})`
}

function textIn(field: Field, texts: readonly string[]): Fragment {
  if (field.bytes !== undefined) {
    const { column, length } = field.bytes
    const ids = texts.map((id) => bytesOf(id, length))
    return sql`${column} IN (${joined(ids, ', ')})`
  }
  const isIn = sql`has(${textList(texts)}, ${field.value})`
  const hint = field.hint === undefined ? [] : [joined(texts.map(field.hint), ' OR ')]
  return all([isIn, ...hint.map((either) => sql`(${either})`), ...presence(field)])
}

function compareText(
  field: Field,
  operator: 'eq' | 'neq' | 'contains' | 'not_contains' | 'regex' | 'not_regex',
  value: string,
): Fragment {
  switch (operator) {
    case 'eq':
      return textEquals(field, value)
    case 'neq':
      return sql`NOT (${textEquals(field, value)})`
    case 'contains':
      return all([sql`positionCaseInsensitiveUTF8(${field.value}, ${text(value)}) > 0`, ...presence(field)])
    case 'not_contains':
      return sql`NOT (${compareText(field, 'contains', value)})`
    case 'regex':
      return all([sql`match(${field.value}, ${text(value)})`, ...presence(field)])
    case 'not_regex':
      return sql`NOT (${compareText(field, 'regex', value)})`
  }
}

function textEquals(field: Field, value: string): Fragment {
  if (field.bytes !== undefined) return sql`${field.bytes.column} = ${bytesOf(value, field.bytes.length)}`
  const hint = field.hint === undefined ? [] : [field.hint(value)]
  return all([sql`${field.value} = ${text(value)}`, ...hint, ...presence(field)])
}

function presence(field: Field): Fragment[] {
  return field.present === undefined ? [] : [field.present]
}

/** An id of hex digits as stored; the caller has checked the digits. */
export function bytesOf(hex: string, length: 8 | 16): Fragment {
  return length === 16 ? sql`toFixedString(unhex(${text(hex)}), 16)` : sql`toFixedString(unhex(${text(hex)}), 8)`
}
