import type { Buffer } from 'node:buffer'
import { ByteInterner } from '../../model/byte-interner.ts'
import type { Line } from './line.ts'
import { type FieldName, fieldName, type LineFields } from './line-fields.ts'

/** Distinct keys remembered; beyond it all are forgotten and learned anew. Bounds memory under keys made up per line. */
const maxRememberedKeys = 8_192

type Role = 'time' | 'level' | 'trace' | 'span' | 'ddTrace' | 'ddSpan' | 'parent' | 'flags' | 'caller' | 'name'

/** Keys with a meaning of their own, in lower case. Loggers' own names, ECS, Datadog, Google Cloud. */
const roles: Readonly<Record<string, Role>> = {
  time: 'time',
  timestamp: 'time',
  '@timestamp': 'time',
  ts: 'time',
  datetime: 'time',
  t: 'time',
  level: 'level',
  severity: 'level',
  lvl: 'level',
  levelname: 'level',
  loglevel: 'level',
  log_level: 'level',
  'log.level': 'level',
  severity_text: 'level',
  severitytext: 'level',
  trace_id: 'trace',
  traceid: 'trace',
  'trace.id': 'trace',
  'trace-id': 'trace',
  oteltraceid: 'trace',
  'x-b3-traceid': 'trace',
  span_id: 'span',
  spanid: 'span',
  'span.id': 'span',
  'span-id': 'span',
  otelspanid: 'span',
  'x-b3-spanid': 'span',
  'dd.trace_id': 'ddTrace',
  'dd.span_id': 'ddSpan',
  traceparent: 'parent',
  trace_flags: 'flags',
  traceflags: 'flags',
  caller: 'caller',
}

/** Keys that OpenTelemetry has another name for, in lower case. */
const names: Readonly<Record<string, string>> = {
  logger: 'log.logger',
  logger_name: 'log.logger',
  loggername: 'log.logger',
  'logger.name': 'log.logger',
  thread: 'thread.name',
  thread_name: 'thread.name',
  threadname: 'thread.name',
  stack_trace: 'exception.stacktrace',
  stacktrace: 'exception.stacktrace',
  'error.stack_trace': 'exception.stacktrace',
  'err.stack': 'exception.stacktrace',
  'err.type': 'exception.type',
  'err.message': 'exception.message',
}

interface KnownKey {
  readonly role: Role
  readonly name: FieldName
}

/** How a value stands in the line: as it is, as a JSON number, in quotes, in quotes with escapes. */
type ValueForm = 'typed' | 'number' | 'string' | 'escaped'

/** A key, and how its value stands in the line. One object serves many keys. */
export interface FieldKey {
  bytes: Buffer
  from: number
  to: number
  form: ValueForm
}

const colonByte = 0x3a
/** Most digits that a line number of a source file has. */
const maxLineDigits = 9

const codeFile = fieldName('code.file.path')
const codeLine = fieldName('code.line.number')

let keys = new ByteInterner()
let known: KnownKey[] = []

/**
 * Puts the range taken of `line` where its key says: a key that means time, severity, trace or span id fills that field,
 * if it can be read as such and the field has none yet; every other is an attribute, under OpenTelemetry's name where
 * it has another one for the key. Values in quotes with escapes are read as JSON strings.
 */
export function takeKnownField(line: Line, fields: LineFields, key: FieldKey): void {
  const { role, name } = knownKey(key.bytes, key.from, key.to)
  if (role !== 'name' && fillField(role, line, fields)) return
  switch (key.form) {
    case 'typed':
      fields.typed(name, line)
      break
    case 'number':
      fields.number(name, line)
      break
    case 'string':
      fields.string(name, line)
      break
    case 'escaped':
      fields.other(name, 's', unescaped(line.bytes, line.from, line.to))
  }
}

function knownKey(bytes: Buffer, from: number, to: number): KnownKey {
  if (keys.count > maxRememberedKeys) {
    keys = new ByteInterner()
    known = []
  }
  const number = keys.intern(bytes, from, to)
  const found = known[number]
  if (found !== undefined) return found
  const text = keys.values[number]
  const lower = text.toLowerCase()
  const learned: KnownKey = {
    role: Object.hasOwn(roles, lower) ? roles[lower] : 'name',
    name: fieldName(Object.hasOwn(names, lower) ? names[lower] : text),
  }
  known[number] = learned
  return learned
}

function fillField(role: Role, line: Line, fields: LineFields): boolean {
  const { bytes, from, to } = line
  const { ids } = fields
  switch (role) {
    case 'time':
      return fillTime(line, fields)
    case 'level':
      return fields.severity === 0 && (fields.level(line) || fillLevelNumber(line, fields))
    case 'trace':
      return ids.trace(bytes, from, to)
    case 'span':
      return ids.span(bytes, from, to)
    case 'ddTrace':
      return ids.datadogTrace(bytes, from, to)
    case 'ddSpan':
      return ids.datadogSpan(bytes, from, to)
    case 'parent':
      return ids.traceparent(bytes, from, to)
    case 'flags':
      return fillFlags(line, fields)
    case 'caller':
      return takeCaller(line, fields)
    default:
      return false
  }
}

function fillTime(line: Line, { time }: LineFields): boolean {
  if (!Number.isNaN(time.seconds)) return false
  const { bytes, from, to, at, end } = line
  if (time.epoch(bytes, from, to)) return true
  line.at = from
  line.end = to
  const isTime = (time.iso(line) || time.common(line)) && line.at === to
  line.at = at
  line.end = end
  line.from = from
  line.to = to
  if (!isTime) time.clear()
  return isTime
}

/** The numbers of pino and bunyan: 10 trace, 20 debug, … 60 fatal. */
function fillLevelNumber(line: Line, fields: LineFields): boolean {
  const step = line.number() / 10
  if (!Number.isInteger(step) || step < 1 || step > 6) return false
  fields.severity = step * 4 - 3
  return true
}

function fillFlags(line: Line, { ids }: LineFields): boolean {
  if (ids.flags !== -1 || !(line.took('00') || line.took('01') || line.took('0') || line.took('1'))) return false
  ids.flags = line.bytes[line.to - 1] - 0x30
  return true
}

/** `folder/file.go:42`, as zap and others write it. */
export function takeCaller(line: Line, fields: LineFields): boolean {
  const { bytes, from, to } = line
  let colon = to - 1
  while (colon > from && to - colon < maxLineDigits && bytes[colon] !== colonByte) colon--
  if (colon <= from || bytes[colon] !== colonByte) return false
  line.from = colon + 1
  const number = line.number()
  line.from = from
  if (Number.isNaN(number)) return false
  fields.range(codeFile, bytes, { from, to: colon })
  fields.whole(codeLine, number)
  return true
}

/** A string in quotes with escapes, as JSON reads it; as it stands where JSON cannot read it. */
function unescaped(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString('utf8', from, to)
  try {
    const value: unknown = JSON.parse(`"${text}"`)
    return typeof value === 'string' ? value : text
  } catch {
    return text
  }
}
