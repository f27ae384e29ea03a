import { DecodeError } from '../../model/sink.ts'
import { attributeOf } from '../log-line-fields.ts'
import { isObject, type JsonObject, type JsonValue, kindOf } from '../wire/json-document.ts'
import { unixNanoOf } from '../wire/time-text.ts'
import type { LokiRows } from './loki-rows.ts'
import { parseStreamLabels, type StreamLabels } from './stream-labels.ts'

const maxUnixNano = 0xffff_ffff_ffff_ffffn

/** Labels of a stream, as an object or in Loki's own words. Throws: DecodeError where they are neither. */
export function labelsOf({ stream, labels }: JsonObject): StreamLabels {
  if (typeof labels === 'string') return parseStreamLabels(labels)
  if (!isObject(stream)) throw new DecodeError(`stream is ${kindOf(stream)}, expected an object of labels`, 'stream')
  return Object.entries(stream).map(([name, value]) => {
    if (typeof value === 'string') return [name, value]
    if (typeof value === 'object' || value === undefined)
      throw new DecodeError(`label ${name.slice(0, 64)} is ${kindOf(value)}, expected a string`, 'stream')
    return [name, String(value)]
  })
}

/** Reads `[time, line, metadata]`. Throws: DecodeError where it is something else. */
export function readEntry(entry: JsonValue, rows: LokiRows): void {
  if (!Array.isArray(entry) || entry.length < 2)
    throw new DecodeError('is not [time, line] or [time, line, metadata]', 'values')
  const [time, line, metadata] = entry
  addMetadata(metadata, rows)
  rows.endEntry(nanosOf(time), lineOf(line))
}

/** Reads an entry of the old path. Throws: DecodeError where it is something else. */
export function readOldEntry(entry: JsonValue, rows: LokiRows): void {
  if (!isObject(entry)) throw new DecodeError(`is ${kindOf(entry)}, expected an object`, 'entries')
  const { ts = null, line = null, structuredMetadata } = entry
  const time = typeof ts === 'string' ? unixNanoOf(ts) : nanosOf(ts)
  if (time === null) throw new DecodeError('is no time in RFC 3339', 'ts')
  addMetadata(structuredMetadata, rows)
  rows.endEntry(time, lineOf(line))
}

function addMetadata(metadata: JsonValue | undefined, rows: LokiRows): void {
  if (metadata === undefined || metadata === null) return
  if (!isObject(metadata)) throw new DecodeError(`metadata is ${kindOf(metadata)}, expected an object`, 'values')
  for (const [key, value] of Object.entries(metadata))
    if (value !== undefined) rows.addMetadata(attributeOf(key, value))
}

function lineOf(line: JsonValue): string {
  if (typeof line === 'string') return line
  throw new DecodeError(`line is ${kindOf(line)}, expected a string`, 'values')
}

function nanosOf(time: JsonValue): bigint {
  const isDigits = typeof time === 'string' && /^[0-9]{1,20}$/.test(time)
  const isWhole = typeof time === 'bigint' || (typeof time === 'number' && Number.isInteger(time))
  const nanos = isDigits || isWhole ? BigInt(time as string | number | bigint) : -1n
  if (nanos < 0n || nanos > maxUnixNano)
    throw new DecodeError('time is not Unix nanoseconds, as a string of digits', 'values')
  return nanos
}
