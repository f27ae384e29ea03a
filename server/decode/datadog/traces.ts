import { Buffer } from 'node:buffer'
import type { SpanBatch } from '../../model/batch.ts'
import type { Attribute } from '../../model/columns.ts'
import { DecodeError } from '../../model/sink.ts'
import type { DecodeContext } from '../decode-context.ts'
import { numberAttribute, type SpanRecord, SpanRecords, stringAttribute } from '../span-records.ts'
import { MsgpackCursor } from '../wire/msgpack-cursor.ts'
import { MsgpackReader, type MsgpackValue } from '../wire/msgpack-reader.ts'
import { eventsOf, linksOf } from './span-entries.ts'
import { kindOfSpan, resourceNames } from './span-words.ts'
import { DatadogTraceBytes } from './trace-bytes.ts'
import { type Fields, fieldsOf, idBytes, integerField, isFields, listOf, textField } from './values.ts'

/** `0.4` stands for 0.3, too: the two differ in their answers only. */
export type DatadogTraceVersion = '0.4' | '0.5' | '0.7'

/** Keys of `meta` that became fields of the span. */
const readKeys = new Set(['_dd.p.tid', '_dd.span_links', 'events', 'span.kind', ...resourceNames.keys()])

const maxUnixNano = 0xffff_ffff_ffff_ffffn

/** What a whole payload says of its spans (0.7). */
interface Payload {
  readonly resource: readonly Attribute[]
  /** Traces, each a list of spans. */
  readonly traces: readonly MsgpackValue[]
}

/**
 * Decodes what Datadog's tracers send to their agent, in MessagePack.
 *
 * `service` is `service.name`; `resource` is the span's name, `name` the attribute `operation.name`, `type` the attribute
 * `span.type`; `meta` and `metrics` are attributes, but for what OpenTelemetry has a place for: `env`, `version`, host, language
 * and `runtime-id` belong to the resource, `span.kind`, links and events to the span. `error` is the status, with `error.message`
 * in words. The upper half of a 128-bit trace id stands in `_dd.p.tid` of one span of the trace.
 * Rejected alone: a span that is malformed or beyond a limit. Throws: DecodeError where the payload is no such list.
 * Cost: about 2 µs for a span of 400 bytes with 10 entries (0.3 and 0.4, see `trace-bytes.ts`), else 6.
 * Source: Datadog Agent, pkg/trace/api (versions 0.3 to 0.7), pkg/proto/datadog/trace.
 */
export function decodeDatadogTraces(body: Uint8Array, version: DatadogTraceVersion, context: DecodeContext): SpanBatch {
  const batch = version === '0.4' ? readBytes(body, context) : null
  if (batch !== null) return batch
  const records = new SpanRecords(context, body.length)
  if (body.length === 0) return records.finish()
  const payload = payloadOf(new MsgpackReader(body).value(), version)
  for (const [i, trace] of payload.traces.entries()) readTrace(trace, { payload, records, path: `traces[${i}]` })
  return records.finish()
}

/** Reads trace by trace where they stand. null: the whole is no list, or a trace cannot be read at all. */
function readBytes(body: Uint8Array, context: DecodeContext): SpanBatch | null {
  const cursor = new MsgpackCursor(body)
  if (!cursor.takeArray()) return null
  const records = new SpanRecords(context, body.length)
  const traces = new DatadogTraceBytes(cursor, records)
  const { count } = cursor
  for (let i = 0; i < count; i++) {
    const { at } = cursor
    if (traces.read()) continue
    const reader = new MsgpackReader(body, at)
    const trace = wholeValue(reader)
    // What cannot be read, and lists within, have their words where the whole is read.
    if (!Array.isArray(trace)) return null
    cursor.at = reader.position
    readTrace(trace, { payload: { resource: [], traces: [] }, records, path: `traces[${i}]` })
  }
  return records.finish()
}

function wholeValue(reader: MsgpackReader): MsgpackValue {
  try {
    return reader.value()
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

function payloadOf(value: MsgpackValue, version: DatadogTraceVersion): Payload {
  switch (version) {
    case '0.4':
      return { resource: [], traces: listOf(value, 'traces') }
    case '0.5':
      return { resource: [], traces: tracesOfStringTable(value) }
    case '0.7': {
      const payload = fieldsOf(value, 'payload')
      const names: [string, string][] = [
        ['env', 'deployment.environment.name'],
        ['hostname', 'host.name'],
        ['app_version', 'service.version'],
        ['language_name', 'telemetry.sdk.language'],
        ['runtime_id', 'service.instance.id'],
        ['container_id', 'container.id'],
      ]
      const resource = names.flatMap(([from, key]) => {
        const text = textField(payload, from)
        return text === '' ? [] : [stringAttribute(key, text)]
      })
      return { resource, traces: listOf(payload.chunks, 'chunks').map((chunk) => fieldsOf(chunk, 'chunk').spans ?? []) }
    }
  }
}

/** 0.5: a table of strings, and spans as lists of twelve values that point into it. */
function tracesOfStringTable(value: MsgpackValue): MsgpackValue[] {
  const [table, traces] = listOf(value, 'payload')
  const strings = listOf(table, 'strings')
  const word = (index: MsgpackValue | undefined): string => {
    const found = strings[Number(index)]
    if (typeof found !== 'string') throw new DecodeError(`string ${Number(index)} is not in the table`, 'strings')
    return found
  }
  const names = [
    'service',
    'name',
    'resource',
    'trace_id',
    'span_id',
    'parent_id',
    'start',
    'duration',
    'error',
    'meta',
    'metrics',
    'type',
  ]
  return listOf(traces, 'traces').map((trace) =>
    listOf(trace, 'trace').map((span): MsgpackValue => {
      const values = listOf(span, 'span')
      if (values.length !== names.length) throw new DecodeError(`span has ${values.length} values, expected 12`, 'span')
      const entries = names.map((name, i): [string, MsgpackValue] => [name, values[i]])
      const fields = Object.fromEntries(entries)
      for (const name of ['service', 'name', 'resource', 'type']) fields[name] = word(fields[name])
      const meta = Object.entries(fieldsOf(fields.meta, 'meta')).map(([key, text]) => [word(Number(key)), word(text)])
      const metrics = Object.entries(fieldsOf(fields.metrics, 'metrics')).map(([key, number]) => [
        word(Number(key)),
        number,
      ])
      return { ...fields, meta: Object.fromEntries(meta), metrics: Object.fromEntries(metrics) }
    }),
  )
}

function readTrace(trace: MsgpackValue, at: { payload: Payload; records: SpanRecords; path: string }): void {
  const { payload, records, path } = at
  const spans = listOf(trace, path)
  const upperHalf = upperHalfOf(spans)
  const shared = [...payload.resource, ...processOf(spans)]
  for (const [i, span] of spans.entries()) {
    const name = (): string => `${path}[${i}]`
    try {
      records.add(toRecord(fieldsOf(span, 'span'), upperHalf, shared), name)
    } catch (error) {
      records.reject(error, name)
    }
  }
}

/** What the first span that says anything of its process says of all: tracers write it into one span of a trace only. */
function processOf(spans: readonly MsgpackValue[]): Attribute[] {
  for (const span of spans) {
    const meta = isFields(span) && isFields(span.meta) ? span.meta : {}
    const found = [...resourceNames].filter(([from]) => from !== 'version' && textField(meta, from) !== '')
    if (found.length > 0) return found.map(([from, key]) => stringAttribute(key, textField(meta, from)))
  }
  return []
}

/** Upper 64 bits of the trace's id in hex; zeros where no span has them. */
function upperHalfOf(spans: readonly MsgpackValue[]): string {
  for (const span of spans) {
    const meta = typeof span === 'object' && span !== null && 'meta' in span ? span.meta : undefined
    const upper = typeof meta === 'object' && meta !== null && '_dd.p.tid' in meta ? meta['_dd.p.tid'] : undefined
    if (typeof upper === 'string' && /^[0-9a-fA-F]{16}$/.test(upper)) return upper
  }
  return '0'.repeat(16)
}

function toRecord(span: Fields, upperHalf: string, shared: readonly Attribute[]): SpanRecord {
  const meta = fieldsOf(span.meta ?? {}, 'meta')
  const metrics = fieldsOf(span.metrics ?? {}, 'metrics')
  const start = integerField(span, 'start')
  const duration = integerField(span, 'duration')
  if (start < 0n || duration < 0n || start + duration > maxUnixNano)
    throw new DecodeError('start and duration are not between 1970 and 2554', 'start')
  const lower = idBytes(integerField(span, 'trace_id'))
  const spanId = idBytes(integerField(span, 'span_id'))
  if (isZero(lower) || isZero(spanId)) throw new DecodeError('trace_id or span_id is zero', 'span_id')
  const parent = integerField(span, 'parent_id')
  const isError = integerField(span, 'error') !== 0n
  return {
    traceId: Buffer.concat([Buffer.from(upperHalf, 'hex'), lower]),
    spanId,
    parentSpanId: parent === 0n ? null : idBytes(parent),
    traceState: '',
    name: textField(span, 'resource') || textField(span, 'name'),
    kind: kindOfSpan(textField(meta, 'span.kind'), textField(span, 'type')),
    startUnixNano: start,
    endUnixNano: start + duration,
    statusCode: isError ? 2 : 0,
    statusMessage: isError ? textField(meta, 'error.message') || textField(meta, 'error.msg') : '',
    resource: resourceOf(span, meta, shared),
    scopeName: textField(meta, 'component'),
    scopeVersion: '',
    attributes: attributesOf(span, meta, metrics),
    events: eventsOf(span, meta),
    links: linksOf(span, meta),
  }
}

function isZero(id: Uint8Array): boolean {
  return id.every((byte) => byte === 0)
}

function resourceOf(span: Fields, meta: Fields, shared: readonly Attribute[]): Attribute[] {
  const attributes = new Map(shared.map((attribute) => [attribute.key, attribute]))
  const service = textField(span, 'service')
  if (service !== '') attributes.set('service.name', stringAttribute('service.name', service))
  for (const [from, key] of resourceNames) {
    const text = textField(meta, from)
    if (text !== '') attributes.set(key, stringAttribute(key, text))
  }
  return [...attributes.values()]
}

function attributesOf(span: Fields, meta: Fields, metrics: Fields): Attribute[] {
  const attributes: Attribute[] = []
  const operation = textField(span, 'name')
  const type = textField(span, 'type')
  if (operation !== '') attributes.push(stringAttribute('operation.name', operation))
  if (type !== '') attributes.push(stringAttribute('span.type', type))
  for (const key of Object.keys(meta))
    if (!readKeys.has(key)) attributes.push(stringAttribute(key, textField(meta, key)))
  for (const [key, value] of Object.entries(metrics)) {
    if (typeof value === 'number') attributes.push(numberAttribute(key, value))
    else if (typeof value === 'bigint') attributes.push({ key, type: 'd', value: String(Number(value)) })
  }
  return attributes
}
