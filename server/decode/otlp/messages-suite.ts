import { Buffer } from 'node:buffer'
import { type DescMessage, type JsonValue, type MessageInitShape, toJson } from '@bufbuild/protobuf'
import fc from 'fast-check'
import type {
  AnyValueSchema,
  ExportLogsServiceRequest,
  ExportTraceServiceRequest,
  InstrumentationScopeSchema,
  KeyValue,
  KeyValueSchema,
  LogRecordSchema,
  ResourceSchema,
  SpanSchema,
} from '../../../test/fixtures/otlp/otlp_pb.js'
import type { AttributeRow, LogRow, SpanRow } from '../../model/batch-rows-suite.ts'
import type { Attribute } from '../../model/columns.ts'

/** OTLP messages made at random, and what must be read back from them; the oracle of the OTLP decoders. */

type AnyValueInit = MessageInitShape<typeof AnyValueSchema>
type KeyValueInit = MessageInitShape<typeof KeyValueSchema>

const uint32 = fc.nat({ max: 0xffff_ffff })
const time = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
/** Any text that UTF-8 can hold, also longer than one byte of a length tells. */
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 100, maxLength: 300 }) },
)
const key = fc.oneof(
  fc.constantFrom('service.name', 'http.route', 'a', 'ä'),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const id = (length: number) => bytes(length).filter((value) => value.some((byte) => byte !== 0))

const value: fc.Arbitrary<AnyValueInit> = fc.letrec<{ value: AnyValueInit }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text.map((value): AnyValueInit => ({ value: { case: 'stringValue', value } })),
    fc.boolean().map((value): AnyValueInit => ({ value: { case: 'boolValue', value } })),
    fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      .map((value): AnyValueInit => ({ value: { case: 'intValue', value } })),
    fc.integer().map((value): AnyValueInit => ({ value: { case: 'intValue', value: BigInt(value) } })),
    fc.double().map((value): AnyValueInit => ({ value: { case: 'doubleValue', value } })),
    fc.uint8Array({ maxLength: 9 }).map((value): AnyValueInit => ({ value: { case: 'bytesValue', value } })),
    fc.constant<AnyValueInit>({}),
    fc
      .array(tie('value'), { maxLength: 3 })
      .map((values): AnyValueInit => ({ value: { case: 'arrayValue', value: { values } } })),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map(
      (pairs): AnyValueInit => ({
        value: { case: 'kvlistValue', value: { values: pairs.map(([key, value]) => ({ key, value })) } },
      }),
    ),
  ),
})).value

const attributes = fc.array(
  fc.tuple(key, value).map(([key, value]): KeyValueInit => ({ key, value })),
  { maxLength: 5 },
)
const resource: fc.Arbitrary<MessageInitShape<typeof ResourceSchema>> = fc.record({
  attributes,
  droppedAttributesCount: uint32,
  entityRefs: fc.constantFrom([], [{ type: 'host', idKeys: ['host.id'] }]),
})
const scope: fc.Arbitrary<MessageInitShape<typeof InstrumentationScopeSchema>> = fc.record({
  name: text,
  version: text,
  attributes,
  droppedAttributesCount: uint32,
})
const logRecord: fc.Arbitrary<MessageInitShape<typeof LogRecordSchema>> = fc.record({
  timeUnixNano: time,
  observedTimeUnixNano: time,
  severityNumber: fc.nat({ max: 24 }),
  severityText: fc.oneof(fc.constantFrom('', 'INFO', 'ERROR'), text),
  body: fc.option(value, { nil: undefined }),
  attributes,
  droppedAttributesCount: uint32,
  flags: uint32,
  traceId: fc.oneof(bytes(16), bytes(0), bytes(3)),
  spanId: fc.oneof(bytes(8), bytes(0), bytes(9)),
  eventName: text,
})
const span: fc.Arbitrary<MessageInitShape<typeof SpanSchema>> = fc.record({
  traceId: id(16),
  spanId: id(8),
  parentSpanId: fc.oneof(bytes(8), bytes(0)),
  traceState: text,
  flags: uint32,
  name: text,
  kind: fc.nat({ max: 5 }),
  startTimeUnixNano: time,
  endTimeUnixNano: time,
  attributes,
  droppedAttributesCount: uint32,
  droppedEventsCount: uint32,
  droppedLinksCount: uint32,
  status: fc.option(fc.record({ code: fc.nat({ max: 2 }), message: text }), { nil: undefined }),
  events: fc.array(fc.record({ timeUnixNano: time, name: text, attributes, droppedAttributesCount: uint32 }), {
    maxLength: 3,
  }),
  links: fc.array(
    fc.record({
      traceId: fc.oneof(bytes(16), bytes(0)),
      spanId: fc.oneof(bytes(8), bytes(0)),
      traceState: text,
      attributes,
      droppedAttributesCount: uint32,
      flags: uint32,
    }),
    { maxLength: 3 },
  ),
})

const few = { maxLength: 3 }

export const logsRequests = fc.record({
  resourceLogs: fc.array(
    fc.record({
      resource: fc.option(resource, { nil: undefined }),
      schemaUrl: text,
      scopeLogs: fc.array(
        fc.record({
          scope: fc.option(scope, { nil: undefined }),
          schemaUrl: text,
          logRecords: fc.array(logRecord, few),
        }),
        few,
      ),
    }),
    few,
  ),
})

export const traceRequests = fc.record({
  resourceSpans: fc.array(
    fc.record({
      resource: fc.option(resource, { nil: undefined }),
      schemaUrl: text,
      scopeSpans: fc.array(
        fc.record({ scope: fc.option(scope, { nil: undefined }), schemaUrl: text, spans: fc.array(span, few) }),
        few,
      ),
    }),
    few,
  ),
})

export function expectedLogRows(request: ExportLogsServiceRequest): LogRow[] {
  return request.resourceLogs.flatMap((block) =>
    block.scopeLogs.flatMap((scopeBlock) =>
      scopeBlock.logRecords.map((record) => ({
        resource: originOf(block.resource, block.schemaUrl),
        scope: scopeOf(scopeBlock.scope, scopeBlock.schemaUrl),
        timeUnixNano: record.timeUnixNano,
        observedUnixNano: record.observedTimeUnixNano,
        severityNumber: record.severityNumber,
        severityText: record.severityText,
        body: textOf(record.body)[1],
        bodyType: textOf(record.body)[0],
        attributes: attributesOf(record.attributes),
        droppedAttributesCount: record.droppedAttributesCount,
        traceId: hex(record.traceId.length === 16 ? record.traceId : new Uint8Array(16)),
        spanId: hex(record.spanId.length === 8 ? record.spanId : new Uint8Array(8)),
        flags: record.flags,
        eventName: record.eventName,
      })),
    ),
  )
}

export function expectedSpanRows(request: ExportTraceServiceRequest): SpanRow[] {
  return request.resourceSpans.flatMap((block) =>
    block.scopeSpans.flatMap((scopeBlock) =>
      scopeBlock.spans.map((span) => ({
        resource: originOf(block.resource, block.schemaUrl),
        scope: scopeOf(scopeBlock.scope, scopeBlock.schemaUrl),
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId).padEnd(16, '0'),
        traceState: span.traceState,
        flags: span.flags,
        name: span.name,
        kind: span.kind,
        startUnixNano: span.startTimeUnixNano,
        endUnixNano: span.endTimeUnixNano,
        statusCode: span.status?.code ?? 0,
        statusMessage: span.status?.message ?? '',
        attributes: attributesOf(span.attributes),
        droppedAttributesCount: span.droppedAttributesCount,
        droppedEventsCount: span.droppedEventsCount,
        droppedLinksCount: span.droppedLinksCount,
        events: span.events.map((event) => ({
          timeUnixNano: event.timeUnixNano,
          name: event.name,
          attributes: attributesOf(event.attributes),
          droppedAttributesCount: event.droppedAttributesCount,
        })),
        links: span.links.map((link) => ({
          traceId: hex(link.traceId).padEnd(32, '0'),
          spanId: hex(link.spanId).padEnd(16, '0'),
          traceState: link.traceState,
          flags: link.flags,
          attributes: attributesOf(link.attributes),
          droppedAttributesCount: link.droppedAttributesCount,
        })),
      })),
    ),
  )
}

/** A message in OTLP/JSON: protobuf's JSON with the ids in hex instead of base64. */
export function otlpJson<T extends DescMessage>(schema: T, message: Parameters<typeof toJson<T>>[1]): Uint8Array {
  const withHexIds = (name: string, member: JsonValue) =>
    /^(trace|span|parentSpan)Id$/.test(name) ? Buffer.from(String(member), 'base64').toString('hex') : member
  return Buffer.from(JSON.stringify(toJson(schema, message), withHexIds))
}

function originOf(message: { attributes: KeyValue[]; droppedAttributesCount: number } | undefined, schemaUrl: string) {
  const attributes = attributesOf(message?.attributes ?? []).map(
    ([key, type, value]) => ({ key, type, value }) as Attribute,
  )
  return { attributes, droppedAttributesCount: message?.droppedAttributesCount ?? 0, schemaUrl }
}

function scopeOf(message: ExportLogsServiceRequest['resourceLogs'][0]['scopeLogs'][0]['scope'], schemaUrl: string) {
  return { name: message?.name ?? '', version: message?.version ?? '', ...originOf(message, schemaUrl) }
}

function attributesOf(pairs: readonly KeyValue[]): AttributeRow[] {
  const last = new Map<string, AttributeRow>()
  for (const { key, value } of pairs) last.set(key, [key, ...textOf(value)])
  return [...last.values()]
}

function textOf(value: KeyValue['value']): [type: string, text: string] {
  const kind = value?.value
  switch (kind?.case) {
    case 'stringValue':
      return ['s', kind.value]
    case 'boolValue':
      return ['b', String(kind.value)]
    case 'intValue':
      return ['i', String(kind.value)]
    case 'doubleValue':
      return ['d', Object.is(kind.value, -0) ? '-0' : String(kind.value)]
    case 'bytesValue':
      return ['x', Buffer.from(kind.value).toString('base64')]
    case 'arrayValue':
      return ['a', `[${kind.value.values.map(jsonOf).join(',')}]`]
    case 'kvlistValue': {
      const members = new Map(kind.value.values.map((pair) => [pair.key, jsonOf(pair.value)]))
      return ['m', `{${[...members].map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`]
    }
    default:
      return ['n', '']
  }
}

function jsonOf(value: KeyValue['value']): string {
  const [type, text] = textOf(value)
  if (type === 'n') return 'null'
  return type === 's' || type === 'x' || /^(NaN|-?Infinity)$/.test(text) ? JSON.stringify(text) : text
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex')
}
