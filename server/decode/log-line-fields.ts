import { Buffer } from 'node:buffer'
import { doubleText } from '../model/attributes-builder.ts'
import type { Attribute, AttributeType } from '../model/columns.ts'
import { isObject, type JsonObject, type JsonValue, jsonText } from './wire/json-document.ts'
import { unixNanoOf, unixNanoOfInteger } from './wire/time-text.ts'

/** Levels of objects that become dotted keys; an object below them is kept as JSON text. */
const maxFlattenDepth = 8

/** Keys under which loggers write what has a field of its own, the surest first. Compared without regard to case. */
const aliases = {
  time: ['timestamp', 'time', '@timestamp', 'ts', '_time', 'datetime', 'timeunixnano', 'time_unix_nano'],
  observed: ['observed_timestamp', 'observedtimestamp', 'observedtimeunixnano', 'observed_time_unix_nano'],
  severityNumber: ['severity_number', 'severitynumber'],
  severity: ['level', 'severity', 'severity_text', 'severitytext', 'log.level', 'loglevel', 'levelname', 'lvl'],
  body: ['message', 'msg', 'body', 'log', '_msg'],
  traceId: ['trace_id', 'traceid', 'trace.id', 'oteltraceid'],
  spanId: ['span_id', 'spanid', 'span.id', 'otelspanid'],
  flags: ['trace_flags', 'traceflags', 'trace.flags'],
  logger: ['logger', 'logger_name', 'loggername', 'logger.name', 'log.logger'],
  eventName: ['event_name', 'eventname', 'event.name'],
  service: ['service.name', 'service', 'service_name', 'servicename'],
  host: ['host.name', 'hostname', 'host'],
} as const

/** Keys that describe the source, not the line. Source: OpenTelemetry resource semantic conventions. */
const resourceKey = /^(service|host|k8s|container|cloud|deployment)\./

const hexId = { traceId: /^[0-9a-fA-F]{32}$/, spanId: /^[0-9a-fA-F]{16}$/, flags: /^[0-9a-fA-F]{2}$/ }

/** A log line that was a JSON object, its keys sorted out. */
export interface LogLine {
  /** Unix nanoseconds; 0 where the line has none that can be read. */
  readonly time: bigint
  readonly observed: bigint
  readonly severityNumber: number
  readonly severityText: string
  /** Null: no key says what the message is. */
  readonly body: Attribute | null
  /** 16 and 8 bytes, or null. */
  readonly traceId: Buffer | null
  readonly spanId: Buffer | null
  readonly flags: number
  readonly logger: string
  readonly eventName: string
  readonly resource: readonly Attribute[]
  readonly attributes: readonly Attribute[]
}

/**
 * Sorts the keys of a log line into fields, resource and attributes.
 *
 * Objects within become dotted keys (`{"http":{"status":200}}` → `http.status`), as OpenTelemetry names attributes and
 * as other log stores do; arrays, and objects more than 8 levels down, stay JSON text. Of several keys for one field
 * the first in `aliases` that has a readable value is taken; all others stay attributes, so that nothing is lost.
 */
export function sortLogLine(line: JsonObject): LogLine {
  const fields = new LineFields(line)
  const level = fields.take('severity', levelOf)
  return {
    time: fields.take('time', timeOf) ?? 0n,
    observed: fields.take('observed', timeOf) ?? 0n,
    severityNumber: fields.take('severityNumber', severityNumberOf) ?? level?.number ?? 0,
    severityText: level?.text ?? '',
    body: fields.take('body', (value) => attributeOf('', value)),
    traceId: fields.take('traceId', (value) => idOf(value, hexId.traceId)),
    spanId: fields.take('spanId', (value) => idOf(value, hexId.spanId)),
    flags: fields.take('flags', flagsOf) ?? 0,
    logger: fields.take('logger', textOf) ?? '',
    eventName: fields.take('eventName', textOf) ?? '',
    resource: fields.takeResource(),
    attributes: fields.rest(),
  }
}

type Field = keyof typeof aliases

/** All aliases, one behind the other: where an alias stands, and where those of a field begin and end. */
const places = new Map<string, number>()
export const aliasRanges = Object.fromEntries(
  Object.entries(aliases).map(([field, names]) => {
    const from = places.size
    for (const name of names) places.set(name, places.size)
    return [field, { from, to: places.size }]
  }),
) as Readonly<Record<Field, { readonly from: number; readonly to: number }>>

/** Places of aliases. */
export const aliasCount = places.size

/** What a key may be: the place of the alias that it is, -1 for none; and whether it describes the source. */
interface Role {
  readonly place: number
  readonly isResource: boolean
}

/** Roles of keys seen before. Sources have few keys; where there are more than these, they are worked out anew. */
const roles = new Map<string, Role>()
const maxRoles = 10_000
/** Longest key whose role is remembered, characters. */
const maxRoleKey = 100

/** What the key of a log line may be: its dotted name in full. */
export function roleOf(key: string): Role {
  const known = roles.get(key)
  if (known !== undefined) return known
  const role = { place: places.get(key.toLowerCase()) ?? -1, isResource: resourceKey.test(key) }
  if (key.length > maxRoleKey) return role
  if (roles.size >= maxRoles) roles.clear()
  roles.set(key, role)
  return role
}

/** By place of an alias: the entry of the line at hand that has it, the last of several; -1: none. */
const entryAt = new Int32Array(aliasCount)

/** Keys and values of one line, taken out one after another. One line at a time. */
class LineFields {
  #keys: string[] = []
  #values: (JsonValue | undefined)[] = []
  #roles: Role[] = []
  #hasNested = false
  #hasDotted = false

  constructor(line: JsonObject) {
    this.#flatten(line, '', 1)
    // Only `{"a.b": 1, "a": {"b": 2}}` has a key twice.
    if (this.#hasNested && this.#hasDotted) this.#mergeRepeats()
    entryAt.fill(-1)
    for (let i = 0; i < this.#keys.length; i++) {
      const role = roleOf(this.#keys[i])
      this.#roles.push(role)
      if (role.place >= 0) entryAt[role.place] = i
    }
  }

  take<T>(field: Field, read: (value: JsonValue) => T | null): T | null {
    const { from, to } = aliasRanges[field]
    for (let place = from; place < to; place++) {
      const entry = entryAt[place]
      const value = entry < 0 ? undefined : this.#values[entry]
      if (value === undefined) continue
      const found = read(value)
      if (found === null) continue
      this.#values[entry] = undefined
      return found
    }
    return null
  }

  takeResource(): Attribute[] {
    const attributes: Attribute[] = []
    const service = this.take('service', textOf)
    if (service !== null) attributes.push({ key: 'service.name', type: 's', value: service })
    const host = this.take('host', textOf)
    if (host !== null) attributes.push({ key: 'host.name', type: 's', value: host })
    for (let i = 0; i < this.#keys.length; i++) {
      const value = this.#values[i]
      const key = this.#keys[i]
      if (!this.#roles[i].isResource || value === undefined || attributes.some((other) => other.key === key)) continue
      attributes.push(attributeOf(key, value))
      this.#values[i] = undefined
    }
    return attributes
  }

  rest(): Attribute[] {
    const attributes: Attribute[] = []
    for (let i = 0; i < this.#keys.length; i++) {
      const value = this.#values[i]
      if (value !== undefined) attributes.push(attributeOf(this.#keys[i], value))
    }
    return attributes
  }

  #flatten(object: JsonObject, prefix: string, depth: number): void {
    // What JSON.parse has made has no properties but its own.
    for (const name in object) {
      const value = object[name]
      if (value === undefined) continue
      if (isObject(value) && depth < maxFlattenDepth && hasMembers(value)) {
        this.#hasNested = true
        this.#flatten(value, joined(prefix, `${name}.`), depth + 1)
        continue
      }
      if (name.includes('.')) this.#hasDotted = true
      this.#keys.push(joined(prefix, name))
      this.#values.push(value)
    }
  }

  /** Keeps each key once: at the place of its first value, with its last. */
  #mergeRepeats(): void {
    const merged = new Map<string, JsonValue | undefined>()
    this.#keys.forEach((key, i) => {
      merged.set(key, this.#values[i])
    })
    this.#keys = [...merged.keys()]
    this.#values = [...merged.values()]
  }
}

function hasMembers(object: JsonObject): boolean {
  for (const _name in object) return true
  return false
}

/** Dotted keys made before, by the part in front: a text that is put together anew must be hashed anew. */
const joinedKeys = new Map<string, Map<string, string>>()
const maxPrefixes = 1_000

function joined(prefix: string, name: string): string {
  if (prefix === '' || prefix.length + name.length > maxRoleKey) return prefix + name
  let keys = joinedKeys.get(prefix)
  if (keys === undefined) {
    if (joinedKeys.size >= maxPrefixes) joinedKeys.clear()
    keys = new Map()
    joinedKeys.set(prefix, keys)
  }
  let key = keys.get(name)
  if (key === undefined) {
    if (keys.size >= maxPrefixes) keys.clear()
    key = prefix + name
    keys.set(name, key)
  }
  return key
}

/** A JSON value as an attribute; arrays and objects as JSON text. */
export function attributeOf(key: string, value: JsonValue): Attribute {
  switch (typeof value) {
    case 'string':
      return { key, type: 's', value }
    case 'boolean':
      return { key, type: 'b', value: String(value) }
    case 'number':
      return { key, type: Number.isSafeInteger(value) && !Object.is(value, -0) ? 'i' : 'd', value: doubleText(value) }
    case 'bigint':
      return { key, type: BigInt.asIntN(64, value) === value ? 'i' : 'd', value: value.toString() }
  }
  if (value === null) return { key, type: 'n', value: '' }
  const type: AttributeType = Array.isArray(value) ? 'a' : 'm'
  return { key, type, value: jsonText(value) }
}

/** A string that is not empty. */
function textOf(value: JsonValue): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function timeOf(value: JsonValue): bigint | null {
  if (typeof value === 'string') return unixNanoOf(value.trim())
  if (typeof value === 'number' && Number.isSafeInteger(value)) return unixNanoOfInteger(value)
  return typeof value === 'number' || typeof value === 'bigint' ? unixNanoOf(String(value)) : null
}

/** A word, or the numbers of pino and bunyan: 10 trace, 20 debug, … 60 fatal. Other numbers stay as they are, in words. */
function levelOf(value: JsonValue): { text: string; number: number } | null {
  if (typeof value === 'string') return value === '' ? null : { text: value, number: 0 }
  if (typeof value !== 'number') return null
  const step = value / 10
  if (Number.isInteger(step) && step >= 1 && step <= 6) return { text: '', number: step * 4 - 3 }
  return { text: String(value), number: 0 }
}

function severityNumberOf(value: JsonValue): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 24 ? value : null
}

function idOf(value: JsonValue, form: RegExp): Buffer | null {
  return typeof value === 'string' && form.test(value) ? Buffer.from(value, 'hex') : null
}

function flagsOf(value: JsonValue): number | null {
  if (typeof value === 'string' && hexId.flags.test(value)) return Number.parseInt(value, 16)
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff ? value : null
}
