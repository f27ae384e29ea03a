/** A field of a log record as stages name it. */
export type RecordField =
  | {
      readonly kind: 'body' | 'severity' | 'severity_number' | 'time' | 'trace_id' | 'span_id' | 'event_name' | 'scope'
    }
  | { readonly kind: 'attribute' | 'resource'; readonly key: string }

const columns: Readonly<Record<string, RecordField>> = {
  body: { kind: 'body' },
  message: { kind: 'body' },
  severity: { kind: 'severity' },
  level: { kind: 'severity' },
  severity_number: { kind: 'severity_number' },
  time: { kind: 'time' },
  trace_id: { kind: 'trace_id' },
  span_id: { kind: 'span_id' },
  event_name: { kind: 'event_name' },
  scope: { kind: 'scope' },
  service: { kind: 'resource', key: 'service.name' },
  service_name: { kind: 'resource', key: 'service.name' },
}

/** Names that are looked for in the resource where they have no prefix, as in docs/field-names.md. */
const resourcePrefixes =
  /^(service|k8s|host|cloud|container|process|deployment|telemetry|os|device|faas|webengine|aws|gcp|azure|heroku)\./

/**
 * The field that a name means, as in docs/field-names.md: `body`, `severity`, …; `attributes.X` in the record,
 * `resource.X` in its resource; without a prefix, what the resource usually says (`service.name`, `k8s.…`) there, and
 * all else in the record.
 */
export function recordField(name: string): RecordField {
  if (Object.hasOwn(columns, name)) return columns[name]
  if (name.startsWith('attributes.')) return { kind: 'attribute', key: name.slice('attributes.'.length) }
  if (name.startsWith('resource.')) return { kind: 'resource', key: name.slice('resource.'.length) }
  return { kind: resourcePrefixes.test(name) ? 'resource' : 'attribute', key: name }
}

/** Why stages cannot write the field; null where they can. */
export function whyReadOnly(field: RecordField): string | null {
  if (field.kind === 'resource')
    return `${field.key} belongs to the resource, which pipelines do not change; expected a field of the record such as attributes.${field.key}`
  if (field.kind === 'event_name' || field.kind === 'scope' || field.kind === 'severity_number')
    return `${field.kind} cannot be written; expected body, severity, time, trace_id, span_id or an attribute`
  return null
}

/**
 * The field that a name of something parsed fills: severity and time (`severity`, `level`, `time`), ids and the body
 * under `body`; an attribute of that name in any other case. Null where it names what cannot be written.
 */
export function parsedField(name: string): RecordField | null {
  if (name.startsWith('resource.')) return null
  const field = recordField(name)
  if (field.kind === 'resource' || name === 'message' || whyReadOnly(field) !== null)
    return { kind: 'attribute', key: name }
  return field
}
