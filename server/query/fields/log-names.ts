import { type LogColumn, logField } from '../../store/read/log-fields.ts'
import { attributeNamed, type NamedField, type NameEntry, textForm } from './named-field.ts'

/** Names of the fields of log records. docs/field-names.md shows this table; a test holds the two together. */
export const logNames: readonly NameEntry<LogColumn>[] = [
  { names: ['service_name', 'service', 'service.name'], column: 'service' },
  { names: ['level', 'severity'], column: 'level', form: { kind: 'level' } },
  { names: ['severity_number'], column: 'severity_number', form: { kind: 'number' } },
  { names: ['message', 'body'], column: 'message' },
  { names: ['trace_id'], column: 'trace_id', form: { kind: 'hex', digits: 32 } },
  { names: ['span_id'], column: 'span_id', form: { kind: 'hex', digits: 16 } },
  { names: ['event_name'], column: 'event_name' },
  { names: ['scope', 'otel.scope.name'], column: 'scope' },
  { names: ['namespace', 'k8s.namespace.name'], column: 'namespace' },
  { names: ['pod', 'k8s.pod.name'], column: 'pod' },
  { names: ['host', 'host.name'], column: 'host' },
]

export function logFieldNamed(name: string): NamedField {
  const entry = logNames.find((one) => one.names.includes(name))
  if (entry !== undefined) {
    const field = logField({ kind: 'column', column: entry.column })
    return { name, field, form: entry.form ?? textForm, unit: '', needsResources: false }
  }
  const place = attributeNamed(name)
  return { name, field: logField(place), form: textForm, unit: '', needsResources: place.kind === 'resource' }
}
