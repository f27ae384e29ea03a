import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import type { Attribute } from '../../model/columns.ts'
import { DecodeError } from '../../model/sink.ts'
import type { DecodeContext } from '../decode-context.ts'
import { afterBlanks } from '../log-line/json-entries.ts'
import { plainLines } from '../log-line/plain-lines.ts'
import { attributeOf, type LogLine, sortLogLine } from '../log-line-fields.ts'
import { emptyLine, LogRecords } from '../log-records.ts'
import { isObject, type JsonObject, type JsonValue, jsonText, kindOf, parseJson } from '../wire/json-document.ts'
import { unixNanoOf } from '../wire/time-text.ts'
import { type HecSource, sourceKeys } from './hec-source.ts'
import { PlainEvents } from './plain-events.ts'

/** Levels of objects and arrays within one another in an event. */
const maxDepth = 64

export interface DecodedHec {
  readonly batch: LogBatch
  /** Number of the first event that was not taken, from 0; -1: none. */
  readonly firstInvalid: number
}

/**
 * Decodes events of Splunk's HTTP Event Collector: JSON objects one behind the other, with or without blanks between them,
 * or in one array. `event` is the record: a text is its body, an object is sorted as a log line is (`log-line-fields.ts`).
 * `fields` are attributes, `time` is its time, `host`, `source`, `sourcetype` and `index` belong to the resource.
 * Rejected alone: an event that is malformed, has no `event`, or is beyond a limit; metric events (`unsupported`).
 * Where the JSON itself breaks off, the events before are taken and the rest counts as one.
 * Throws: DecodeError where it breaks off before the first event is whole, or there are too many events (`decode-context.ts`).
 * Cost: about 3 µs for an event of 450 bytes that is written as loggers do (`plain-events.ts`), else 10 µs.
 * Source: https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector
 */
export function decodeHecEvents(body: Uint8Array, defaults: HecSource, context: DecodeContext): DecodedHec {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const records = new LogRecords(context, body.length)
  let index = 0
  let firstInvalid = -1
  const path = (): string => {
    if (firstInvalid < 0) firstInvalid = index
    return `events[${index}]`
  }
  const lines = plainLines(records, bytes, context)
  const plain = lines === null ? null : new PlainEvents(lines, defaults)
  try {
    for (let at = afterBlanks(bytes, 0); at < bytes.length; at = afterBlanks(bytes, at)) {
      const found = plain === null ? -1 : plain.add(at)
      const end = found >= 0 ? found : valueEnd(bytes, at)
      if (found >= 0) index++
      else
        for (const event of eventsAt(bytes, at, end)) {
          readEvent(event, { records, bytes, defaults, path })
          index++
        }
      at = end
    }
  } catch (error) {
    if (index === 0) throw error
    records.reject(error, path)
  }
  return { batch: records.finish(), firstInvalid }
}

/** Decodes raw events: each line is the body of a record, byte for byte; blank lines are passed over. */
export function decodeHecRaw(body: Uint8Array, source: HecSource, context: DecodeContext): DecodedHec {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const records = new LogRecords(context, body.length)
  const line: LogLine = { ...emptyLine, resource: resourceOf(source) }
  let number = 0
  let firstInvalid = -1
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(0x0a, start)
    const next = found === -1 ? bytes.length : found
    const end = next > start && bytes[next - 1] === 0x0d ? next - 1 : next
    if (end > start) {
      records.add(line, { bytes, start, end }, () => {
        if (firstInvalid < 0) firstInvalid = number
        return `line ${number + 1}`
      })
      number++
    }
    start = next + 1
  }
  return { batch: records.finish(), firstInvalid }
}

/** The value at the top of the body that stands here; those of an array one by one. Throws: DecodeError where it is no JSON. */
function eventsAt(bytes: Buffer, at: number, end: number): readonly JsonValue[] {
  const value = parseAt(bytes, at, end)
  return Array.isArray(value) ? value : [value]
}

/** Offset behind the object or array that begins at `start`. Throws: DecodeError where it has no end, or is none. */
function valueEnd(bytes: Buffer, start: number): number {
  if (bytes[start] !== 0x7b && bytes[start] !== 0x5b)
    throw new DecodeError('expected an event: a JSON object', `byte ${start}`)
  let depth = 0
  for (let i = start; i < bytes.length; i++)
    switch (bytes[i]) {
      case 0x22:
        for (i++; i < bytes.length && bytes[i] !== 0x22; i++) if (bytes[i] === 0x5c) i++
        break
      case 0x7b:
      case 0x5b:
        depth++
        break
      case 0x7d:
      case 0x5d:
        if (--depth === 0) return i + 1
    }
  throw new DecodeError('event has no end', `byte ${start}`)
}

function parseAt(bytes: Buffer, start: number, end: number): JsonValue {
  try {
    return parseJson(bytes.subarray(start, end), maxDepth)
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError(`event that begins here: ${error.message}`, `byte ${start}`)
    throw error
  }
}

interface EventContext {
  readonly records: LogRecords
  readonly bytes: Buffer
  readonly defaults: HecSource
  readonly path: () => string
}

function readEvent(value: JsonValue, { records, bytes, defaults, path }: EventContext): void {
  if (isObject(value) && value.event === 'metric' && isObject(value.fields)) {
    records.judge.begin()
    records.judge.blame('unsupported', 'metric events are not taken; send metrics over OTLP or Prometheus remote write')
    records.judge.reject(path())
    return
  }
  try {
    // What has no body of its own has one that is set here, so that no range of the request is looked at.
    records.add(lineOf(value, defaults), { bytes, start: 0, end: 0 }, path)
  } catch (error) {
    records.reject(error, path)
  }
}

function lineOf(value: JsonValue, defaults: HecSource): LogLine {
  if (!isObject(value)) throw new DecodeError(`is ${kindOf(value)}, expected an object`, 'event')
  const { event, fields, time } = value
  if (event === undefined || event === null) throw new DecodeError('event is missing', 'event')
  if (event === '') throw new DecodeError('event is blank', 'event')
  const known = isObject(event) ? objectLine(event) : { ...emptyLine, body: attributeOf('', event) }
  const extra = sortLogLine(isObject(fields) ? fields : {})
  const resource = [...resourceOf({ ...defaults, ...textsOf(value) }), ...known.resource, ...extra.resource]
  return {
    time: timeOf(time) ?? (known.time || extra.time),
    observed: known.observed,
    severityNumber: known.severityNumber || extra.severityNumber,
    severityText: known.severityText || extra.severityText,
    body: known.body,
    traceId: known.traceId ?? extra.traceId,
    spanId: known.spanId ?? extra.spanId,
    flags: known.flags || extra.flags,
    logger: known.logger || extra.logger,
    eventName: known.eventName || extra.eventName,
    resource: [...new Map(resource.map((attribute) => [attribute.key, attribute])).values()],
    attributes: [
      ...known.attributes,
      ...extra.attributes,
      ...(extra.body === null ? [] : [{ ...extra.body, key: 'message' }]),
    ],
  }
}

/** An object that says nowhere what the message is has its JSON as body. */
function objectLine(event: JsonObject): LogLine {
  const line = sortLogLine(event)
  return line.body === null ? { ...line, body: { key: '', type: 's', value: jsonText(event) } } : line
}

function resourceOf(source: HecSource): Attribute[] {
  return sourceKeys.flatMap(([field, key]) => {
    const value = source[field]
    return value === undefined || value === '' ? [] : [{ key, type: 's' as const, value }]
  })
}

function textsOf(value: JsonObject): HecSource {
  return Object.fromEntries(
    sourceKeys.flatMap(([field]) => (typeof value[field] === 'string' ? [[field, value[field]]] : [])),
  )
}

/** Seconds since 1970, as number or text; what is none is no time. */
function timeOf(time: JsonValue | undefined): bigint | null {
  if (typeof time !== 'number' && typeof time !== 'string' && typeof time !== 'bigint') return null
  return unixNanoOf(String(time).trim())
}
