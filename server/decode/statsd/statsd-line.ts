import { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'

/** `c` counter, `g` gauge, `ms` timer in milliseconds, `h` and `d` distribution in the sender's unit, `s` set. */
export type StatsdType = 'c' | 'g' | 'ms' | 'h' | 'd' | 's'

/** One line with one or more values of a metric. */
export interface StatsdMetric {
  readonly kind: 'metric'
  readonly name: string
  readonly type: StatsdType
  /** Texts of the values: numbers, but of a set anything. */
  readonly values: readonly string[]
  /** Share of the values that was sent, above 0 and at most 1. */
  readonly rate: number
  /** `key:value` or `key` entries, as sent. */
  readonly tags: readonly string[]
}

/** An event or a service check of DogStatsD. */
export interface StatsdNote {
  readonly kind: 'event' | 'check'
  /** Title of an event, name of a check. */
  readonly title: string
  readonly text: string
  /** `error`, `warning`, `info`, `success` of an event; `0` to `3` of a check; '' where there is none. */
  readonly status: string
  /** Unix seconds; 0 for none. */
  readonly seconds: number
  readonly host: string
  /** Fields of events: `aggregation_key`, `priority`, `source_type`. */
  readonly fields: Readonly<Record<string, string>>
  readonly tags: readonly string[]
}

const types: readonly string[] = ['c', 'g', 'ms', 'h', 'd', 's']

/** Lines that begin so are events and checks. */
const eventStart = '_e{'
const checkStart = '_sc|'

/**
 * Reads one line of StatsD or DogStatsD: `name:value|type|@rate|#tag:value`, several values as `name:1:2|ms`, tags behind
 * the name as `name,tag=value` or `name;tag=value`, events `_e{…}` and service checks `_sc|…`. Fields of DogStatsD that
 * say where a metric comes from (`c:`, `e:`, `card:`) and its time (`T`) are passed over.
 * Throws: DecodeError.
 * Source: statsd/statsd docs/metric_types.md; Datadog "DogStatsD datagram format", versions 1.0 to 1.3.
 */
export function readStatsdLine(line: string): StatsdMetric | StatsdNote {
  if (line.startsWith(eventStart)) return readEvent(line)
  if (line.startsWith(checkStart)) return readCheck(line)
  const [head, type, ...rest] = line.split('|')
  const colon = head.indexOf(':')
  if (colon < 1 || type === undefined) throw new DecodeError('expected NAME:VALUE|TYPE', `character ${head.length}`)
  if (!types.includes(type)) throw new DecodeError(`type is ${quoted(type)}, expected ${types.join(', ')}`, 'the type')
  const [name, ...inName] = head.slice(0, colon).split(/[,;]/)
  const tags = inName.map((tag) => tag.replace('=', ':'))
  let rate = 1
  for (const field of rest)
    if (field.startsWith('@')) rate = readRate(field.slice(1))
    else if (field.startsWith('#')) tags.push(...tagsOf(field))
  const text = head.slice(colon + 1)
  const values = type === 's' ? [text] : text.split(':')
  if (type !== 's') for (const value of values) checkNumber(value)
  return { kind: 'metric', name, type: type as StatsdType, values, rate, tags: tags.filter((tag) => tag !== '') }
}

function readRate(text: string): number {
  const rate = Number(text)
  if (text === '' || !(rate > 0 && rate <= 1))
    throw new DecodeError(`sample rate is ${quoted(text)}, expected 0 to 1`, 'the rate')
  return rate
}

/** Decimal numbers, as senders write them; Number() would take more, such as 0x10 and nothing. */
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/

function checkNumber(text: string): void {
  if (!decimal.test(text) || !Number.isFinite(Number(text)))
    throw new DecodeError(`value is ${quoted(text)}, expected a number`, 'the value')
}

/** Lengths count bytes, so that the line is read as such. */
function readEvent(line: string): StatsdNote {
  const match = /^_e\{(\d{1,6}),(\d{1,6})\}:/.exec(line)
  if (match === null) throw new DecodeError('expected _e{TITLE_LENGTH,TEXT_LENGTH}:TITLE|TEXT', 'the event')
  const bytes = Buffer.from(line)
  const titleEnd = match[0].length + Number(match[1])
  const textEnd = titleEnd + 1 + Number(match[2])
  if (textEnd > bytes.length || bytes[titleEnd] !== 0x7c)
    throw new DecodeError('lengths of title and text do not fit', 'the event')
  const title = bytes.toString('utf8', match[0].length, titleEnd)
  const text = bytes.toString('utf8', titleEnd + 1, textEnd)
  const note = readFields(bytes.toString('utf8', textEnd + 1).split('|'))
  const { k = '', p = '', s = '', t = '' } = note.fields
  const fields = { aggregation_key: k, priority: p, source_type: s }
  return { ...note, kind: 'event', title: unescaped(title), text: unescaped(text), status: t, fields }
}

function readCheck(line: string): StatsdNote {
  const messageAt = line.indexOf('|m:')
  const message = messageAt < 0 ? '' : line.slice(messageAt + 3)
  const [, title, status, ...rest] = (messageAt < 0 ? line : line.slice(0, messageAt)).split('|')
  if (title === undefined || title === '' || !/^[0-3]$/.test(status ?? ''))
    throw new DecodeError('expected _sc|NAME|STATUS with a status from 0 to 3', 'the service check')
  return { ...readFields(rest), kind: 'check', title, status, text: unescaped(message), fields: {} }
}

function readFields(parts: readonly string[]) {
  const fields: Record<string, string> = {}
  let tags: string[] = []
  for (const part of parts)
    if (part.startsWith('#')) tags = tagsOf(part)
    else if (/^[a-z]:/.test(part)) fields[part[0]] = part.slice(2)
  const seconds = /^\d{1,10}$/.test(fields.d ?? '') ? Number(fields.d) : 0
  return { seconds, host: fields.h ?? '', fields, tags }
}

function tagsOf(field: string): string[] {
  return field
    .slice(1)
    .split(',')
    .filter((tag) => tag !== '')
}

function unescaped(text: string): string {
  return text.replaceAll('\\n', '\n')
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 64))
}
