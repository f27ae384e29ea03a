import { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'
import {
  enumField,
  field,
  fixed64Field,
  idField,
  integerOf,
  listField,
  textField,
  words,
  wrongKind,
} from '../otlp/json-fields.ts'
import { isObject, type JsonObject, type JsonValue } from '../wire/json-document.ts'

/** How a field stands in JSON, and as what it is written. Anything else is the name of a message. */
type Scalar =
  | 'string'
  | 'double'
  | 'fixed64'
  | 'sfixed64'
  | 'uint64'
  | 'int64'
  | 'sint32'
  | 'uint32'
  | 'bool'
  | 'temporality'
  | 'hex'
  | 'base64'

interface JsonField {
  readonly name: string
  readonly number: number
  readonly type: Scalar | keyof typeof messages
  readonly isRepeated?: boolean
}

function repeated(number: number, name: string, type: JsonField['type']): JsonField {
  return { number, name, type, isRepeated: true }
}

function single(number: number, name: string, type: JsonField['type']): JsonField {
  return { number, name, type }
}

const pointFields = [single(2, 'startTimeUnixNano', 'fixed64'), single(3, 'timeUnixNano', 'fixed64')] as const

/** Messages of opentelemetry/proto/metrics/v1/metrics.proto, as far as they are decoded. */
const messages: Readonly<Record<string, readonly JsonField[]>> = {
  Request: [repeated(1, 'resourceMetrics', 'ResourceMetrics')],
  ResourceMetrics: [single(1, 'resource', 'Resource'), repeated(2, 'scopeMetrics', 'ScopeMetrics')],
  Resource: [repeated(1, 'attributes', 'KeyValue')],
  ScopeMetrics: [single(1, 'scope', 'Scope'), repeated(2, 'metrics', 'Metric'), single(3, 'schemaUrl', 'string')],
  Scope: [single(1, 'name', 'string'), single(2, 'version', 'string'), repeated(3, 'attributes', 'KeyValue')],
  Metric: [
    single(1, 'name', 'string'),
    single(2, 'description', 'string'),
    single(3, 'unit', 'string'),
    single(5, 'gauge', 'Gauge'),
    single(7, 'sum', 'Sum'),
    single(9, 'histogram', 'Histogram'),
    single(10, 'exponentialHistogram', 'ExponentialHistogram'),
    single(11, 'summary', 'Summary'),
  ],
  Gauge: [repeated(1, 'dataPoints', 'NumberDataPoint')],
  Sum: [
    repeated(1, 'dataPoints', 'NumberDataPoint'),
    single(2, 'aggregationTemporality', 'temporality'),
    single(3, 'isMonotonic', 'bool'),
  ],
  Histogram: [repeated(1, 'dataPoints', 'HistogramDataPoint'), single(2, 'aggregationTemporality', 'temporality')],
  ExponentialHistogram: [
    repeated(1, 'dataPoints', 'ExponentialHistogramDataPoint'),
    single(2, 'aggregationTemporality', 'temporality'),
  ],
  Summary: [repeated(1, 'dataPoints', 'SummaryDataPoint')],
  NumberDataPoint: [
    ...pointFields,
    single(4, 'asDouble', 'double'),
    single(6, 'asInt', 'sfixed64'),
    repeated(5, 'exemplars', 'Exemplar'),
    repeated(7, 'attributes', 'KeyValue'),
    single(8, 'flags', 'uint32'),
  ],
  HistogramDataPoint: [
    ...pointFields,
    single(4, 'count', 'fixed64'),
    single(5, 'sum', 'double'),
    repeated(6, 'bucketCounts', 'fixed64'),
    repeated(7, 'explicitBounds', 'double'),
    repeated(8, 'exemplars', 'Exemplar'),
    repeated(9, 'attributes', 'KeyValue'),
    single(10, 'flags', 'uint32'),
    single(11, 'min', 'double'),
    single(12, 'max', 'double'),
  ],
  ExponentialHistogramDataPoint: [
    repeated(1, 'attributes', 'KeyValue'),
    ...pointFields,
    single(4, 'count', 'fixed64'),
    single(5, 'sum', 'double'),
    single(6, 'scale', 'sint32'),
    single(7, 'zeroCount', 'fixed64'),
    single(8, 'positive', 'Buckets'),
    single(9, 'negative', 'Buckets'),
    single(10, 'flags', 'uint32'),
    repeated(11, 'exemplars', 'Exemplar'),
    single(12, 'min', 'double'),
    single(13, 'max', 'double'),
    single(14, 'zeroThreshold', 'double'),
  ],
  Buckets: [single(1, 'offset', 'sint32'), repeated(2, 'bucketCounts', 'uint64')],
  SummaryDataPoint: [
    ...pointFields,
    single(4, 'count', 'fixed64'),
    single(5, 'sum', 'double'),
    repeated(6, 'quantileValues', 'Quantile'),
    repeated(7, 'attributes', 'KeyValue'),
    single(8, 'flags', 'uint32'),
  ],
  Quantile: [single(1, 'quantile', 'double'), single(2, 'value', 'double')],
  Exemplar: [
    single(2, 'timeUnixNano', 'fixed64'),
    single(3, 'asDouble', 'double'),
    single(4, 'spanId', 'hex'),
    single(5, 'traceId', 'hex'),
    single(6, 'asInt', 'sfixed64'),
    repeated(7, 'filteredAttributes', 'KeyValue'),
  ],
  KeyValue: [single(1, 'key', 'string'), single(2, 'value', 'AnyValue')],
  AnyValue: [
    single(1, 'stringValue', 'string'),
    single(2, 'boolValue', 'bool'),
    single(3, 'intValue', 'int64'),
    single(4, 'doubleValue', 'double'),
    single(5, 'arrayValue', 'ArrayValue'),
    single(6, 'kvlistValue', 'KeyValueList'),
    single(7, 'bytesValue', 'base64'),
  ],
  ArrayValue: [repeated(1, 'values', 'AnyValue')],
  KeyValueList: [repeated(1, 'values', 'KeyValue')],
}

const temporalities = [
  'AGGREGATION_TEMPORALITY_UNSPECIFIED',
  'AGGREGATION_TEMPORALITY_DELTA',
  'AGGREGATION_TEMPORALITY_CUMULATIVE',
]

/** Messages of which a malformed one costs only itself. */
const isolated: ReadonlySet<string> = new Set([
  'ResourceMetrics',
  'ScopeMetrics',
  'Metric',
  'NumberDataPoint',
  'HistogramDataPoint',
  'ExponentialHistogramDataPoint',
  'SummaryDataPoint',
])

/** Called for a message that was left out, with its path, e.g. `resourceMetrics[0].scopeMetrics[1].metrics[2]`. */
export type OnMalformed = (error: unknown, path: string) => void

/**
 * Writes an OTLP/JSON ExportMetricsServiceRequest as protobuf, so that one decoder gives both their meaning. Fields that
 * are present are written even where they hold their default, as some tell "zero" from "none".
 * Throws: DecodeError where the request itself is no object.
 */
export function protobufOfJson(request: JsonValue, onMalformed: OnMalformed): Buffer {
  if (!isObject(request)) throw new DecodeError('request is not a JSON object', 'the beginning')
  const pieces: Uint8Array[] = []
  writeMessage(request, 'Request', { pieces, path: '', onMalformed })
  return Buffer.concat(pieces)
}

interface Output {
  readonly pieces: Uint8Array[]
  readonly path: string
  readonly onMalformed: OnMalformed
}

function writeMessage(object: JsonObject, message: string, output: Output): void {
  for (const about of messages[message])
    if (about.isRepeated === true) writeList(object, about, output)
    else if (field(object, about.name) !== undefined) writeField(object, about, output)
}

function writeList(object: JsonObject, about: JsonField, output: Output): void {
  const list = listField(object, about.name)
  for (let i = 0; i < list.length; i++) {
    const path = `${output.path}${output.path === '' ? '' : '.'}${about.name}[${i}]`
    if (!isolated.has(about.type)) {
      writeField({ [about.name]: list[i] }, about, { ...output, path })
      continue
    }
    try {
      writeField({ [about.name]: list[i] }, about, { ...output, path })
    } catch (error) {
      output.onMalformed(error, path)
    }
  }
}

/** Writes the field of an object, which has it. */
function writeField(object: JsonObject, about: JsonField, { pieces, path, onMalformed }: Output): void {
  const { name, number, type } = about
  if (!(type in messages)) {
    pieces.push(...scalarPieces(object, about))
    return
  }
  const value = field(object, name)
  if (!isObject(value)) throw wrongKind(name, value, 'an object')
  const inner: Uint8Array[] = []
  writeMessage(value, type, { pieces: inner, path, onMalformed })
  const length = inner.reduce((sum, piece) => sum + piece.length, 0)
  pieces.push(varint(BigInt((number << 3) | 2)), varint(BigInt(length)), ...inner)
}

function scalarPieces(object: JsonObject, { name, number, type }: JsonField): Uint8Array[] {
  const tagged = (wireType: number, value: Uint8Array): Uint8Array[] => [
    varint(BigInt((number << 3) | wireType)),
    value,
  ]
  const delimited = (value: Uint8Array): Uint8Array[] => [...tagged(2, varint(BigInt(value.length))), value]
  switch (type) {
    case 'string':
      return delimited(Buffer.from(textField(object, name)))
    case 'hex':
      return delimited(idField(object, name) ?? Buffer.alloc(0))
    case 'base64':
      return delimited(Buffer.from(textField(object, name), 'base64'))
    case 'bool':
      return tagged(0, varint(boolOf(object, name) ? 1n : 0n))
    case 'temporality':
      return tagged(0, varint(BigInt(enumField(object, name, temporalities))))
    case 'double':
      return tagged(1, doubleBytes(doubleOf(object, name)))
    case 'fixed64':
      fixed64Field(object, name)
      return tagged(1, wordBytes(words.low, words.high))
    case 'sfixed64':
      return tagged(1, fixedBytes(integerIn(object, name, 64)))
    case 'int64':
      return tagged(0, varint(BigInt.asUintN(64, integerIn(object, name, 64))))
    case 'uint64':
      fixed64Field(object, name)
      return tagged(0, varint((BigInt(words.high >>> 0) << 32n) | BigInt(words.low >>> 0)))
    case 'sint32': {
      const value = integerIn(object, name, 32)
      return tagged(0, varint(BigInt.asUintN(32, (value << 1n) ^ (value >> 31n))))
    }
    default:
      return tagged(0, varint(BigInt.asUintN(32, integerIn(object, name, 33))))
  }
}

function boolOf(object: JsonObject, name: string): boolean {
  const value = field(object, name)
  if (typeof value !== 'boolean') throw wrongKind(name, value, 'true or false')
  return value
}

/** A number, or as text: `NaN`, `Infinity`, `-Infinity`, or digits. */
function doubleOf(object: JsonObject, name: string): number {
  const value = field(object, name)
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'string' && value.trim() !== '') {
    const number = Number(value)
    if (!Number.isNaN(number) || value === 'NaN') return number
  }
  throw wrongKind(name, value, 'a number')
}

/** A signed integer of so many bits. */
function integerIn(object: JsonObject, name: string, bits: number): bigint {
  const value = field(object, name)
  const integer = integerOf(value ?? 0)
  if (integer === null || BigInt.asIntN(bits, integer) !== integer)
    throw wrongKind(name, value, `an integer of ${bits} bits`)
  return integer
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

function doubleBytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

function fixedBytes(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}

function wordBytes(low: number, high: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeInt32LE(low, 0)
  bytes.writeInt32LE(high, 4)
  return bytes
}
