import { type SpanColumn, spanField } from '../../store/read/span-fields.ts'
import { spanKinds, spanStatuses } from '../../store/read/span-row.ts'
import { attributeNamed, type NamedField, type NameEntry, textForm } from './named-field.ts'

const number = { kind: 'number' } as const
const flag = { kind: 'flag' } as const
const spanId = { kind: 'hex', digits: 16 } as const

/** Names of span fields. docs/field-names.md shows this table; a test holds the two together. */
export const spanNames: readonly NameEntry<SpanColumn>[] = [
  { names: ['service_name', 'service', 'service.name'], column: 'service' },
  { names: ['operation', 'name', 'span_name'], column: 'operation' },
  { names: ['endpoint', 'route'], column: 'endpoint' },
  { names: ['latency'], column: 'request_latency_us', form: number, unit: 'µs' },
  { names: ['duration'], column: 'duration_us', form: number, unit: 'µs' },
  { names: ['error_rate'], column: 'request_failed', form: flag, unit: 'ratio' },
  { names: ['error'], column: 'failed', form: flag, unit: 'ratio' },
  { names: ['kind', 'span_kind'], column: 'kind', form: { kind: 'choice', choices: spanKinds } },
  { names: ['status'], column: 'status', form: { kind: 'choice', choices: spanStatuses } },
  { names: ['status_message'], column: 'status_message' },
  { names: ['trace_id'], column: 'trace_id', form: { kind: 'hex', digits: 32 } },
  { names: ['span_id'], column: 'span_id', form: spanId },
  { names: ['parent_span_id'], column: 'parent_span_id', form: spanId },
  { names: ['scope', 'otel.scope.name'], column: 'scope' },
  { names: ['namespace', 'k8s.namespace.name'], column: 'namespace' },
  { names: ['pod', 'k8s.pod.name'], column: 'pod' },
  { names: ['host', 'host.name'], column: 'host' },
]

/** Short names of attributes. */
const shortNames: Readonly<Record<string, string>> = {
  method: 'http.request.method',
  status_code: 'http.response.status_code',
}

export function spanFieldNamed(name: string): NamedField {
  const entry = spanNames.find((one) => one.names.includes(name))
  if (entry !== undefined) {
    const field = spanField({ kind: 'column', column: entry.column })
    return { name, field, form: entry.form ?? textForm, unit: entry.unit ?? '', needsResources: false }
  }
  const place = attributeNamed(shortNames[name] ?? name)
  return { name, field: spanField(place), form: textForm, unit: '', needsResources: place.kind === 'resource' }
}
