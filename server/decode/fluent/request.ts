import { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'
import { decompress } from '../decompress.ts'
import { MsgpackReader, type MsgpackValue } from '../wire/msgpack-reader.ts'

/** One request of the forward protocol, its entries not read yet. */
export interface FluentRequest {
  readonly tag: string
  /**
   * `message`: `entries` begins with a time, the record stands behind it. `entries`: time and record in an array each,
   * one behind the other up to the end; `count` of them where that is known, else -1.
   */
  readonly mode: 'message' | 'entries'
  readonly entries: Buffer
  readonly count: number
  /** What the acknowledgement must repeat, as it was sent; null: none is asked for. */
  readonly chunk: string | Buffer | null
}

interface Options {
  readonly chunk: string | Buffer | null
  readonly isCompressed: boolean
}

/** Signals of Fluent Bit that are no logs, by their number in the option `fluent_signal`. */
const otherSignals: readonly (string | undefined)[] = [undefined, 'metrics', 'traces', 'profiles']

/**
 * Reads the frame of a request in Message, Forward, PackedForward or CompressedPackedForward mode; entries that are
 * compressed are unpacked, at most `maxBytes`. null for nil, which keeps a connection alive.
 * Throws: DecodeError where it is none of these; BodyTooLarge.
 * Source: Fluentd, Forward Protocol Specification v1, "Event Modes".
 */
export function readFluentRequest(bytes: Buffer, maxBytes: number): FluentRequest | null {
  const reader = new MsgpackReader(bytes)
  if (reader.kind() === 'nil') return null
  const length = reader.array()
  if (length < 2) throw new DecodeError(`a request has ${length} members, expected 2 or more`, 'byte 0')
  const tag = reader.text()
  switch (reader.kind()) {
    case 'array': {
      const count = reader.array()
      const start = reader.position
      for (let i = 0; i < count; i++) reader.skip()
      const entries = bytes.subarray(start, reader.position)
      const { chunk } = readOptions(reader, length - 2)
      return { tag, mode: 'entries', entries, count, chunk }
    }
    case 'string':
    case 'binary': {
      const packed = reader.binary()
      const { chunk, isCompressed } = readOptions(reader, length - 2)
      const entries = Buffer.from(decompress(packed, isCompressed ? 'gzip' : '', { maxBytes }))
      return { tag, mode: 'entries', entries, count: -1, chunk }
    }
    default: {
      if (length < 3) throw new DecodeError('a message has no record', `byte ${reader.position}`)
      const start = reader.position
      reader.skip()
      reader.skip()
      const entries = bytes.subarray(start, reader.position)
      const { chunk } = readOptions(reader, length - 3)
      return { tag, mode: 'message', entries, count: 1, chunk }
    }
  }
}

function readOptions(reader: MsgpackReader, members: number): Options {
  let chunk: string | Buffer | null = null
  let isCompressed = false
  if (members < 1 || reader.kind() !== 'map') return { chunk, isCompressed }
  for (let left = reader.map(); left > 0; left--) {
    const key = reader.text()
    const at = reader.position
    const value = reader.value()
    if (key === 'chunk' && (typeof value === 'string' || Buffer.isBuffer(value))) chunk = value
    if (key === 'compressed') {
      isCompressed = value === 'gzip'
      if (!isCompressed && value !== 'text' && value !== null)
        throw new DecodeError(`compressed is ${wordOf(value)}, expected "gzip"`, `byte ${at}`)
    }
    const signal = key === 'fluent_signal' && typeof value === 'number' ? otherSignals[value] : undefined
    if (signal !== undefined)
      throw new DecodeError(`${signal} of Fluent Bit are not taken here, only logs`, `byte ${at}`)
  }
  return { chunk, isCompressed }
}

/** What an option holds, in words of bounded length. */
function wordOf(value: MsgpackValue): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : `a ${typeof value}`
}
