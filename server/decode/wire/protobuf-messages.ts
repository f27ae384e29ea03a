import type { ProtobufReader } from './protobuf-reader.ts'

/** A google.protobuf.Timestamp or Duration as it was sent; whether it makes sense is for its reader to say. */
export interface SecondsAndNanos {
  readonly seconds: number
  readonly nanos: number
}

/** Timestamp or Duration, before whose length the reader stands: 1 = seconds, 2 = nanos. Throws: DecodeError. */
export function readSecondsAndNanos(reader: ProtobufReader): SecondsAndNanos {
  let seconds = 0
  let nanos = 0
  const outer = reader.enter()
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x08:
        reader.varint()
        seconds = reader.signed()
        break
      case 0x10:
        nanos = reader.int32()
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return { seconds, nanos }
}

/** A pair of texts, such as an entry of a map, before whose length the reader stands: 1 = key, 2 = value. Throws: DecodeError. */
export function readTextPair(reader: ProtobufReader): [key: string, value: string] {
  let key = ''
  let value = ''
  const outer = reader.enter()
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        key = reader.text()
        break
      case 0x12:
        value = reader.text()
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return [key, value]
}
