import type { Matcher } from '../../../query/promql/ast.ts'

/** One query of a remote read; both times belong to it. */
export interface ReadQuery {
  readonly startMs: number
  readonly endMs: number
  readonly matchers: readonly Matcher[]
}

const operators = ['=', '!=', '=~', '!~'] as const

/** Form of the answer: samples in one message, or chunks of samples in frames. */
export type ResponseType = 'samples' | 'chunks'

/** `prometheus.ReadRequest`. */
export interface ReadRequest {
  readonly queries: readonly ReadQuery[]
  /** The first form that the reader takes and we have; null: none of those that it takes. */
  readonly responseType: ResponseType | null
}

const responseTypes: readonly (ResponseType | undefined)[] = ['samples', 'chunks']

/** Reads a `prometheus.ReadRequest`. Throws RangeError on what is no protobuf. Source: prompb/remote.proto. */
export function readRequestOf(bytes: Buffer): ReadRequest {
  const queries: ReadQuery[] = []
  const accepted: (ResponseType | undefined)[] = []
  for (const { number, value, bytes: inner } of fieldsOf(bytes))
    if (number === 1 && inner !== null) queries.push(queryOf(inner))
    else if (number === 2)
      accepted.push(...(inner === null ? [value] : varintsOf(inner)).map((type) => responseTypes[type]))
  const responseType = accepted.length === 0 ? 'samples' : (accepted.find((type) => type !== undefined) ?? null)
  return { queries, responseType }
}

function queryOf(bytes: Buffer): ReadQuery {
  let startMs = 0
  let endMs = 0
  const matchers: Matcher[] = []
  for (const { number, value, bytes: inner } of fieldsOf(bytes)) {
    if (number === 1) startMs = value
    else if (number === 2) endMs = value
    else if (number === 3 && inner !== null) matchers.push(matcherOf(inner))
  }
  return { startMs, endMs, matchers }
}

function matcherOf(bytes: Buffer): Matcher {
  let type = 0
  let name = ''
  let text = ''
  for (const { number, value, bytes: inner } of fieldsOf(bytes)) {
    if (number === 1) type = value
    else if (number === 2 && inner !== null) name = inner.toString()
    else if (number === 3 && inner !== null) text = inner.toString()
  }
  const operator = operators[type]
  if (operator === undefined) throw new RangeError(`unknown matcher type ${type}`)
  return { name, operator, value: text }
}

interface Field {
  readonly number: number
  /** Of a varint, as a signed 64-bit integer. */
  readonly value: number
  /** Of a length-delimited field. */
  readonly bytes: Buffer | null
}

function* fieldsOf(bytes: Buffer): Generator<Field> {
  const reader = new VarintReader(bytes)
  while (reader.at < bytes.length) {
    const tag = reader.next()
    const number = tag >>> 3
    switch (tag & 7) {
      case 0:
        yield { number, value: reader.next(), bytes: null }
        break
      case 1:
        reader.at += 8
        break
      case 2: {
        const length = reader.next()
        const { at } = reader
        if (length < 0 || at + length > bytes.length) throw new RangeError('the message ends inside a field')
        yield { number, value: 0, bytes: bytes.subarray(at, at + length) }
        reader.at += length
        break
      }
      case 5:
        reader.at += 4
        break
      default:
        throw new RangeError(`unknown wire type ${tag & 7}`)
    }
  }
}

/** A packed repeated field. */
function varintsOf(bytes: Buffer): number[] {
  const reader = new VarintReader(bytes)
  const values: number[] = []
  while (reader.at < bytes.length) values.push(reader.next())
  return values
}

class VarintReader {
  private readonly bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  next(): number {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.bytes.length) throw new RangeError('the message ends inside a number')
      const byte = this.bytes[this.at++]
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return Number(BigInt.asIntN(64, value))
    }
    throw new RangeError('a number has more than ten bytes')
  }
}
