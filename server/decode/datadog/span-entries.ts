import { Buffer } from 'node:buffer'
import type { Attribute } from '../../model/columns.ts'
import { DecodeError } from '../../model/sink.ts'
import { attributeOf } from '../log-line-fields.ts'
import type { SpanEventRecord, SpanLinkRecord } from '../span-records.ts'
import { parseJson } from '../wire/json-document.ts'
import type { MsgpackValue } from '../wire/msgpack-reader.ts'
import { type Fields, fieldsOf, idBytes, integerField, isFields, listOf, textField } from './values.ts'

/** Levels of JSON in what tracers write as text into `meta`. */
const maxDepth = 32

const maxUnixNano = 0xffff_ffff_ffff_ffffn

/** Events of a span: `span_events`, or as JSON in `meta.events` by tracers that know no better. */
export function eventsOf(span: Fields, meta: Fields): SpanEventRecord[] {
  return entriesOf(span.span_events, meta, 'events').map((event) => {
    const time = integerField(event, 'time_unix_nano')
    if (time < 0n || time > maxUnixNano) throw new DecodeError('time is not between 1970 and 2554', 'span_events')
    return { timeUnixNano: time, name: textField(event, 'name'), attributes: attributesOf(event) }
  })
}

/** Links of a span: `span_links` with ids as numbers, or as JSON in `meta._dd.span_links` with ids in hex. */
export function linksOf(span: Fields, meta: Fields): SpanLinkRecord[] {
  return entriesOf(span.span_links, meta, '_dd.span_links').map((link) => ({
    traceId: traceIdOf(link),
    spanId: hexOf(link.span_id, 16) ?? idBytes(integerField(link, 'span_id')),
    traceState: textField(link, 'tracestate'),
    attributes: attributesOf(link),
  }))
}

function traceIdOf(link: Fields): Buffer {
  const hex = hexOf(link.trace_id, 32)
  return hex ?? Buffer.concat([idBytes(integerField(link, 'trace_id_high')), idBytes(integerField(link, 'trace_id'))])
}

function hexOf(value: MsgpackValue | undefined, digits: number): Buffer | null {
  if (typeof value !== 'string') return null
  if (!/^[0-9a-fA-F]*$/.test(value) || value.length > digits) throw new DecodeError('id is no hex', 'span_links')
  return Buffer.from(value.padStart(digits, '0'), 'hex')
}

function entriesOf(list: MsgpackValue | undefined, meta: Fields, key: string): Fields[] {
  const text = textField(meta, key)
  const value = list ?? (text === '' ? [] : (parseJson(Buffer.from(text), maxDepth) as MsgpackValue))
  return listOf(value, key).map((entry) => fieldsOf(entry, key))
}

/** Values are plain, or typed as `{type: 0, string_value: …}` is. */
function attributesOf(entry: Fields): Attribute[] {
  return Object.entries(fieldsOf(entry.attributes ?? {}, 'attributes')).map(([key, value]) => {
    const typed = isFields(value) ? Object.entries(value).find(([name]) => name.endsWith('_value')) : undefined
    return attributeOf(key, plain(typed === undefined ? value : typed[1]))
  })
}

function plain(value: MsgpackValue | undefined): Parameters<typeof attributeOf>[1] {
  if (value === undefined || value === null) return null
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(plain)
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part as MsgpackValue)]))
}
