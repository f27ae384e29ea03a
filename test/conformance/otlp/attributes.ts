import type { AttributeType } from '../../../server/model/columns.ts'

/** A stored value as an AnyValue of OTLP's JSON. */
export function anyValue(type: AttributeType, text: string): unknown {
  switch (type) {
    case 's':
      return { stringValue: text }
    case 'b':
      return { boolValue: text === 'true' }
    case 'i':
      return { intValue: text }
    case 'd':
      return { doubleValue: Number(text) }
    case 'x':
      return { bytesValue: text }
    case 'a':
    case 'm':
      return nested(JSON.parse(text))
    case 'n':
      return {}
  }
}

function nested(value: unknown): unknown {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: `${value}` } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(nested) } }
  const values = Object.entries(value ?? {}).map(([key, item]) => ({ key, value: nested(item) }))
  return value === null ? {} : { kvlistValue: { values } }
}

/** Stored attributes as KeyValue messages. `types` has one letter for each. */
export function keyValues(attrs: Readonly<Record<string, string>>, types: string): unknown[] {
  return Object.entries(attrs).map(([key, text], i) => ({ key, value: anyValue(types[i] as AttributeType, text) }))
}

/** Columns of the resource and the scope of a row, to be joined in by `origins`. */
export interface Origin {
  readonly resource_attrs: Readonly<Record<string, string>>
  readonly resource_types: string
  readonly scope_name: string
  readonly scope_version: string
  readonly scope_attrs: Readonly<Record<string, string>>
  readonly scope_types: string
}

/** SQL: the columns of `Origin` beside those of a table of logs or spans. */
export const originColumns = `resources.attrs AS resource_attrs, resources.attr_types AS resource_types,
  scopes.name AS scope_name, scopes.version AS scope_version, scopes.attrs AS scope_attrs,
  scopes.attr_types AS scope_types`

/** SQL: the joins that they need. */
export const originJoins = (table: string) => `LEFT JOIN resources ON resources.resource_id = ${table}.resource_id
  LEFT JOIN scopes ON scopes.scope_id = ${table}.scope_id`

/** The blocks around a record of a request. */
export function inBlocks(
  row: Origin,
  inner: { readonly block: string; readonly list: string; readonly items: unknown },
) {
  const { scope_name: name, scope_version: version } = row
  const scope = { name, version, attributes: keyValues(row.scope_attrs, row.scope_types) }
  return [
    {
      resource: { attributes: keyValues(row.resource_attrs, row.resource_types) },
      [inner.block]: [{ scope, [inner.list]: inner.items }],
    },
  ]
}
