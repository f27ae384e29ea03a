import { DecodeError } from '../../model/sink.ts'
import { isObject, type JsonObject, type JsonValue, jsonText, kindOf } from '../wire/json-document.ts'
import { noEndpoint, type ZipkinEndpoint } from './zipkin-span.ts'

/** A tag's value; what is no string, though it should be one, as its JSON. */
export function valueText(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? jsonText(value) : String(value)
}

/** Endpoints are written by hand in many tracers: addresses stay as they are, and what has the wrong type is left out. */
export function endpointField(object: JsonObject, name: string): ZipkinEndpoint {
  const value = object[name]
  if (!isObject(value)) return noEndpoint
  const { serviceName, ipv4, ipv6, port } = value
  const address = [ipv4, ipv6].find((one) => typeof one === 'string' && one !== '') ?? ''
  const isPort = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536
  return {
    serviceName: typeof serviceName === 'string' ? serviceName : '',
    address: String(address),
    port: isPort ? port : 0,
  }
}

export function textField(object: JsonObject, name: string): string {
  const value = object[name]
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  throw new DecodeError(`${name} is ${kindOf(value)}, expected a string`, name)
}

/** Microseconds; digits in quotes are taken, too. */
export function numberField(object: JsonObject, name: string): number {
  const value = object[name]
  if (value === undefined || value === null || value === '') return 0
  const number = typeof value === 'string' ? Number(value) : typeof value === 'bigint' ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return number
  throw new DecodeError(`${name} is ${kindOf(value)}, expected a number of microseconds`, name)
}

export function objectsField(object: JsonObject, name: string): JsonObject[] {
  const value = object[name]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new DecodeError(`${name} is ${kindOf(value)}, expected an array`, name)
  return value.map((part) => {
    if (isObject(part)) return part
    throw new DecodeError(`${name} holds ${kindOf(part)}, expected objects`, name)
  })
}
