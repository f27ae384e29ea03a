import { Buffer } from 'node:buffer'
import type { Attribute } from '../../model/columns.ts'
import { DecodeError } from '../../model/sink.ts'
import { numberAttribute, type SpanRecord, stringAttribute } from '../span-records.ts'

/** A span of Zipkin's v2 model. Times in microseconds; 0: none. */
export interface ZipkinSpan {
  /** In hex, 1 to 32 digits. */
  readonly traceId: string
  /** In hex, 1 to 16 digits. */
  readonly id: string
  /** '' or all zero: a root. */
  readonly parentId: string
  readonly name: string
  readonly kind: ZipkinKind | ''
  readonly timestamp: number
  readonly duration: number
  readonly local: ZipkinEndpoint
  readonly remote: ZipkinEndpoint
  readonly annotations: readonly { readonly timestamp: number; readonly value: string }[]
  readonly tags: readonly (readonly [key: string, value: string])[]
  readonly shared: boolean
  readonly debug: boolean
}

export interface ZipkinEndpoint {
  readonly serviceName: string
  /** Address in words, '' where there is none. */
  readonly address: string
  readonly port: number
}

export type ZipkinKind = 'CLIENT' | 'SERVER' | 'PRODUCER' | 'CONSUMER'

export const noEndpoint: ZipkinEndpoint = { serviceName: '', address: '', port: 0 }

/** SpanKind by Zipkin's names; a span without a kind is a local one. Source: OTLP trace.proto. */
const kinds: Readonly<Record<ZipkinKind | '', number>> = { '': 1, SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 }

/** Tags that OpenTelemetry's exporters write for what Zipkin has no field for. Source: OpenTelemetry specification, Zipkin exporter. */
const otelTags = new Map([
  ['otel.status_code', 'status'],
  ['otel.status_description', 'description'],
  ['otel.scope.name', 'scopeName'],
  ['otel.scope.version', 'scopeVersion'],
  ['otel.library.name', 'scopeName'],
  ['otel.library.version', 'scopeVersion'],
] as const)

const statusCodes: Readonly<Record<string, number>> = { OK: 1, ERROR: 2 }

/** Largest time and largest duration, microseconds: in the year 2255. Their sum fits into 64 bits of nanoseconds. */
export const maxMicros = 9_000_000_000_000_000

/**
 * A Zipkin span as a span of ours.
 *
 * Kept: all of it. Ids are filled up with zeros on the left. `localEndpoint` is `service.name`, with
 * `network.local.address` and `.port`; `remoteEndpoint` is `peer.service`, with `network.peer.address` and `.port`.
 * Annotations are events; tags are strings. A tag `error` makes the status an error, with its value as message unless
 * that is `true`. `shared` and `debug` are attributes `zipkin.shared` and `zipkin.debug`: a shared span keeps the id that
 * it has in common with its client's, which readers of traces know.
 * `nowUnixNano`: start of a span that has neither a timestamp nor annotations.
 * Throws: DecodeError where an id is none, or a time does not lie between 1970 and 2255.
 */
export function toSpanRecord(span: ZipkinSpan, nowUnixNano: bigint): SpanRecord {
  const known = { status: '', description: '', scopeName: '', scopeVersion: '' }
  const attributes: Attribute[] = []
  let error: string | null = null
  for (const [key, value] of span.tags) {
    const field = otelTags.get(key as never)
    if (field !== undefined) known[field] ||= value
    else attributes.push(stringAttribute(key, value))
    if (key === 'error') error = value
  }
  attributes.push(...endpointAttributes(span))
  const micros = span.timestamp || (span.annotations[0]?.timestamp ?? 0)
  const startUnixNano = micros === 0 ? nowUnixNano : nanosOf(micros, 'timestamp')
  const message = error === null || error === 'true' ? '' : error
  return {
    traceId: idBytes(span.traceId, 16, 'traceId'),
    spanId: idBytes(span.id, 8, 'id'),
    parentSpanId: isRoot(span.parentId) ? null : idBytes(span.parentId, 8, 'parentId'),
    traceState: '',
    name: span.name,
    kind: kinds[span.kind],
    startUnixNano,
    endUnixNano: startUnixNano + nanosOf(span.duration, 'duration'),
    statusCode: statusCodes[known.status.toUpperCase()] ?? (error === null || error === 'false' ? 0 : 2),
    statusMessage: known.description || message,
    resource: span.local.serviceName === '' ? [] : [stringAttribute('service.name', span.local.serviceName)],
    scopeName: known.scopeName,
    scopeVersion: known.scopeVersion,
    attributes,
    events: span.annotations.map(({ timestamp, value }) => ({
      timeUnixNano: nanosOf(timestamp, 'annotations'),
      name: value,
      attributes: [],
    })),
    links: [],
  }
}

function* endpointAttributes({ local, remote, shared, debug }: ZipkinSpan): Generator<Attribute> {
  if (remote.serviceName !== '') yield stringAttribute('peer.service', remote.serviceName)
  for (const [name, { address, port }] of [
    ['peer', remote],
    ['local', local],
  ] as const) {
    if (address !== '') yield stringAttribute(`network.${name}.address`, address)
    if (port !== 0) yield numberAttribute(`network.${name}.port`, port)
  }
  if (shared) yield { key: 'zipkin.shared', type: 'b', value: 'true' }
  if (debug) yield { key: 'zipkin.debug', type: 'b', value: 'true' }
}

function isRoot(parentId: string): boolean {
  return /^0*$/.test(parentId)
}

/** An id in hex as so many bytes, zeros on its left. Throws: DecodeError, for zero too. */
function idBytes(hex: string, bytes: number, name: string): Buffer {
  if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length > bytes * 2 || isRoot(hex))
    throw new DecodeError(
      `${name} is ${JSON.stringify(hex.slice(0, 40))}, expected 1 to ${bytes * 2} digits in hex, not all zero`,
      name,
    )
  return Buffer.from(hex.padStart(bytes * 2, '0'), 'hex')
}

function nanosOf(micros: number, name: string): bigint {
  if (!(micros >= 0 && micros <= maxMicros))
    throw new DecodeError(`${name} of ${micros} µs is not between 0 and ${maxMicros}`, name)
  return BigInt(Math.round(micros)) * 1_000n
}
