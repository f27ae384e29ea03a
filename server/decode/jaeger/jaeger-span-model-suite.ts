import type { Attribute } from '../../model/columns.ts'
import type { SpanEventRecord, SpanLinkRecord, SpanRecord } from '../span-records.ts'

/** A span as Jaeger's formats have it; tags are attributes already. */
export interface JaegerSpan {
  /** 16 and 8 bytes. */
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly references: readonly JaegerReference[]
  readonly name: string
  readonly startUnixNano: bigint
  readonly durationNano: bigint
  readonly tags: readonly Attribute[]
  readonly logs: readonly { readonly timeUnixNano: bigint; readonly fields: readonly Attribute[] }[]
  readonly process: JaegerProcess
}

export interface JaegerReference {
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly isChildOf: boolean
}

export interface JaegerProcess {
  readonly serviceName: string
  readonly tags: readonly Attribute[]
}

const kinds: Readonly<Record<string, number>> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 }
const statusCodes: Readonly<Record<string, number>> = { OK: 1, ERROR: 2 }

/** Tags that OpenTelemetry's exporters for Jaeger write for fields of a span. */
const fieldTags = new Set([
  ...['span.kind', 'otel.status_code', 'otel.status_description', 'w3c.tracestate'],
  ...['otel.scope.name', 'otel.scope.version', 'otel.library.name', 'otel.library.version'],
])

/**
 * Jaeger's span in OpenTelemetry's terms. Parent: the first reference to the same trace that is a child-of, else the
 * first that follows from; the other references become links with `opentracing.ref_type`. `span.kind`, `error`,
 * `otel.status_*`, `w3c.tracestate` and `otel.scope.*` become fields; logs become events named by their field `event`,
 * else `message`. The process is the resource, its `hostname` the `host.name`.
 * Source: OpenTelemetry specification, "Mapping to Jaeger", read backwards.
 */
export function spanOfJaeger(span: JaegerSpan): SpanRecord {
  const tagOf = (key: string): string => span.tags.find((tag) => tag.key === key)?.value ?? ''
  const parent = parentOf(span)
  const kind = tagOf('span.kind').toLowerCase()
  const statusCode = statusOf(tagOf)
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: parent?.spanId ?? null,
    traceState: tagOf('w3c.tracestate'),
    name: span.name,
    kind: Object.hasOwn(kinds, kind) ? kinds[kind] : 0,
    startUnixNano: span.startUnixNano,
    endUnixNano: span.startUnixNano + span.durationNano,
    statusCode,
    statusMessage: tagOf('otel.status_description'),
    resource: resourceOf(span.process),
    scopeName: tagOf('otel.scope.name') || tagOf('otel.library.name'),
    scopeVersion: tagOf('otel.scope.version') || tagOf('otel.library.version'),
    attributes: span.tags.filter(
      ({ key, value }) => !fieldTags.has(key) && !(key === 'error' && (value === 'true' || value === 'false')),
    ),
    events: span.logs.map(eventOf),
    links: span.references.filter((reference) => reference !== parent).map(linkOf),
  }
}

function statusOf(tagOf: (key: string) => string): number {
  const code = tagOf('otel.status_code')
  if (Object.hasOwn(statusCodes, code)) return statusCodes[code]
  return tagOf('error') === 'true' ? 2 : 0
}

function parentOf({ traceId, references }: JaegerSpan): JaegerReference | undefined {
  const inTrace = references.filter((reference) => traceId.every((byte, i) => byte === reference.traceId[i]))
  return inTrace.find(({ isChildOf }) => isChildOf) ?? inTrace[0]
}

function resourceOf({ serviceName, tags }: JaegerProcess): Attribute[] {
  const service: Attribute[] = serviceName === '' ? [] : [{ key: 'service.name', type: 's', value: serviceName }]
  const others = tags
    .filter(({ key }) => key !== 'service.name' || serviceName === '')
    .map((tag) => (tag.key === 'hostname' ? { ...tag, key: 'host.name' } : tag))
  return [...service, ...others]
}

function eventOf({ timeUnixNano, fields }: JaegerSpan['logs'][number]): SpanEventRecord {
  const named = fields.find(({ key }) => key === 'event')
  const name = named ?? fields.find(({ key }) => key === 'message')
  return { timeUnixNano, name: name?.value ?? '', attributes: fields.filter((field) => field !== named) }
}

function linkOf({ traceId, spanId, isChildOf }: JaegerReference): SpanLinkRecord {
  const type = isChildOf ? 'child_of' : 'follows_from'
  return { traceId, spanId, traceState: '', attributes: [{ key: 'opentracing.ref_type', type: 's', value: type }] }
}
