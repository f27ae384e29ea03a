import { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'
import type { MsgpackValue } from '../wire/msgpack-reader.ts'

/** A map of MessagePack or JSON, its keys as text. */
export type Fields = Readonly<Record<string, MsgpackValue | undefined>>

export function isFields(value: MsgpackValue | undefined): value is Fields & MsgpackValue {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) !== Buffer.prototype
  )
}

/** Throws: DecodeError where the value is no map. */
export function fieldsOf(value: MsgpackValue | undefined, name: string): Fields {
  if (value === undefined || value === null) return {}
  if (!isFields(value)) throw new DecodeError('expected a map', name)
  return value
}

/** Throws: DecodeError where the value is no list. */
export function listOf(value: MsgpackValue | undefined, name: string): readonly MsgpackValue[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new DecodeError('expected a list', name)
  return value
}

/** A string as it is, bytes as UTF-8, numbers and booleans in words, '' for all else. */
export function textField(fields: Fields, name: string): string {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (typeof value === 'string') return value
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : ''
}

/** An integer, 0 where there is none. Throws: DecodeError where it is something else. */
export function integerField(fields: Fields, name: string): bigint {
  const value = fields[name]
  if (value === undefined || value === null) return 0n
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value))
  throw new DecodeError('expected an integer', name)
}

/** 64 bits as 8 bytes, the highest first. */
export function idBytes(id: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt.asUintN(64, id))
  return bytes
}
