import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import { DecodeError } from '../../model/sink.ts'
import type { DecodeContext } from '../decode-context.ts'
import { afterBlanks } from '../log-line/json-entries.ts'
import { plainLines } from '../log-line/plain-lines.ts'
import { attributeOf, type LogLine, sortLogLine } from '../log-line-fields.ts'
import { LogRecords } from '../log-records.ts'
import { stringAttribute } from '../span-records.ts'
import { isObject, type JsonObject, type JsonValue, jsonText, kindOf, parseJson } from '../wire/json-document.ts'
import { JsonScanner } from '../wire/json-scanner.ts'
import { idOf, resourceNames } from './log-values.ts'
import { addPlainRecord } from './plain-records.ts'
import { splitTags } from './tags.ts'

/** Levels of objects and arrays within one another in a record. */
const maxDepth = 64

/**
 * Decodes Datadog's log intake: a JSON array of records, or one record. `message`, `status`, `service`, `hostname` and
 * `timestamp` become fields, `dd.trace_id` and `dd.span_id` (decimal, or 32 digits in hex) ids, `ddtags` attributes (those
 * that describe the source belong to the resource), `ddsource` the attribute of that name, all else attributes.
 * Rejected alone: a record that is no object, or beyond a limit. Throws: DecodeError where the body is no JSON.
 * Source: https://docs.datadoghq.com/api/latest/logs/#send-logs
 */
export function decodeDatadogLogs(body: Uint8Array, context: DecodeContext): LogBatch {
  return readBytes(body, context) ?? readParsed(body, context)
}

/** Reads record by record where they stand. null: the whole is no list of objects, or one is no JSON. */
function readBytes(body: Uint8Array, context: DecodeContext): LogBatch | null {
  const scanner = new JsonScanner(body)
  if (!scanner.take(0x5b)) return null
  const records = new LogRecords(context, body.length)
  const plain = plainLines(records, scanner.bytes, context)
  if (plain === null) return null
  let index = 0
  if (!scanner.take(0x5d)) {
    do {
      const start = afterBlanks(scanner.bytes, scanner.at)
      scanner.at = start
      const end = addPlainRecord(plain, start)
      if (end >= 0) scanner.at = end
      else {
        const value = scanner.skip() ? parsedObject(body.subarray(start, scanner.at)) : null
        if (value === null) return null
        addRecord(value, index, records)
      }
      index++
    } while (scanner.take(0x2c))
    if (!scanner.take(0x5d)) return null
  }
  return scanner.isAtEnd() ? records.finish() : null
}

function parsedObject(bytes: Uint8Array): JsonObject | null {
  try {
    const value = parseJson(bytes, maxDepth - 1)
    return isObject(value) ? value : null
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

function readParsed(body: Uint8Array, context: DecodeContext): LogBatch {
  const records = new LogRecords(context, body.length)
  const parsed = body.length === 0 ? [] : parseJson(body, maxDepth)
  for (const [i, value] of (Array.isArray(parsed) ? parsed : [parsed]).entries()) addRecord(value, i, records)
  return records.finish()
}

const nothing = { bytes: Buffer.alloc(0), start: 0, end: 0 }

function addRecord(value: JsonValue, index: number, records: LogRecords): void {
  const path = (): string => `logs[${index}]`
  try {
    records.add(lineOf(value), nothing, path)
  } catch (error) {
    records.reject(error, path)
  }
}

function lineOf(value: JsonValue): LogLine {
  if (!isObject(value)) throw new DecodeError(`is ${kindOf(value)}, expected an object`, 'log')
  const { ddtags, status, ...rest } = value
  const fields: JsonObject = status === undefined || rest.level !== undefined ? value : { ...rest, level: status }
  const line = sortLogLine(Object.fromEntries(Object.entries(fields).filter(([key]) => key !== 'ddtags')))
  const resource = [...line.resource]
  const attributes = line.attributes.filter(({ key }) => key !== 'dd.trace_id' && key !== 'dd.span_id')
  for (const [tag, text] of typeof ddtags === 'string' ? splitTags(ddtags.split(',')) : []) {
    const key = Object.hasOwn(resourceNames, tag) ? resourceNames[tag] : undefined
    if (key === undefined) attributes.push(stringAttribute(tag, text))
    else if (!resource.some((known) => known.key === key)) resource.push(stringAttribute(key, text))
  }
  const id = (key: string): string => line.attributes.find((attribute) => attribute.key === key)?.value ?? ''
  return {
    ...line,
    body: line.body ?? attributeOf('', jsonText(value)),
    traceId: line.traceId ?? idOf(id('dd.trace_id'), 16),
    spanId: line.spanId ?? idOf(id('dd.span_id'), 8),
    resource,
    attributes,
  }
}
