import { Buffer } from 'node:buffer'
import type { ProtobufReader } from '../wire/protobuf-reader.ts'

/** 2^32 ns are so many whole milliseconds, and so many nanoseconds. */
const wordMs = 4294
const wordRestNs = 967_296

const noRecordedValueFlag = 1

/**
 * What all data points have: attributes, time and flags. Used again for every point.
 * Field numbers: time 3 and start time 2 in all; attributes and flags differ.
 */
export class PointHead {
  readonly attributeField: number
  /** Where the attributes stand, their tags included. */
  attributesStart = 0
  attributesEnd = 0
  /** They do not stand together. */
  isScattered = false
  timestampMs = 0
  /** Start of what is counted, ms; 0: not given. */
  startMs = 0
  hasTime = false
  hasExemplars = false
  isStale = false

  constructor(attributeField: number) {
    this.attributeField = attributeField
  }

  begin(): void {
    this.attributesStart = 0
    this.attributesEnd = 0
    this.isScattered = false
    this.timestampMs = 0
    this.startMs = 0
    this.hasTime = false
    this.hasExemplars = false
    this.isStale = false
  }

  /** Passes over an attribute whose tag stands at `from`. */
  attribute(reader: ProtobufReader, from: number): void {
    const end = reader.rangeEnd()
    if (this.attributesEnd === 0) this.attributesStart = from
    else if (from !== this.attributesEnd) this.isScattered = true
    this.attributesEnd = end
    reader.position = end
  }

  time(reader: ProtobufReader): void {
    reader.fixed64()
    this.timestampMs = millisecondsOf(reader.low >>> 0, reader.high >>> 0)
    this.hasTime = (reader.low | reader.high) !== 0
  }

  startTime(reader: ProtobufReader): void {
    reader.fixed64()
    this.startMs = millisecondsOf(reader.low >>> 0, reader.high >>> 0)
  }

  flags(reader: ProtobufReader): void {
    this.isStale = (reader.uint32() & noRecordedValueFlag) !== 0
  }

  exemplar(reader: ProtobufReader): void {
    this.hasExemplars = true
    reader.skip()
  }

  /** Scattered attributes, end to end. The reader is narrowed to the point, and left where it was. */
  gather(reader: ProtobufReader): Buffer {
    const before = reader.position
    const tag = (this.attributeField << 3) | 2
    const pieces: Uint8Array[] = []
    // The point was read once, so nothing in it is malformed.
    for (reader.position = this.attributesStart; reader.position < reader.end; ) {
      const from = reader.position
      const isAttribute = reader.tag() === tag
      reader.skip()
      if (isAttribute) pieces.push(reader.bytes.subarray(from, reader.position))
    }
    reader.position = before
    return Buffer.concat(pieces)
  }
}

/** Whole milliseconds of Unix nanoseconds given as unsigned words; exact, which a division of the sum is not. */
export function millisecondsOf(low: number, high: number): number {
  return high * wordMs + Math.floor((high * wordRestNs + low) / 1_000_000)
}
