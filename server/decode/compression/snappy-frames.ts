import { DecodeError } from '../../model/sink.ts'

/** The first chunk of every framed stream: type 0xff, 6 bytes, `sNaPpY`. */
const streamHeader = [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]

/** Most that one chunk may become, bytes. */
export const maxSnappyChunkBytes = 65_536

/** CRC-32C by byte, the polynomial reversed. */
const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  return crc
})

/** One chunk of content. */
export interface SnappyChunk {
  readonly bytes: Uint8Array
  /** A snappy block; else the content itself. */
  readonly isCompressed: boolean
  /** Throws: DecodeError where the content does not have the checksum of the chunk. */
  verify(content: Uint8Array): void
}

/** No block of snappy begins like the header of a stream: its second element would copy from before the beginning. */
export function isSnappyFramed(body: Uint8Array): boolean {
  return body.length >= streamHeader.length && streamHeader.every((byte, i) => body[i] === byte)
}

/**
 * The chunks with content of a framed snappy stream.
 * Throws: DecodeError where the framing is broken, or a chunk is of a type that may not be passed over.
 * Source: snappy, framing_format.txt.
 */
export function* decodeSnappyFrames(body: Uint8Array): Generator<SnappyChunk> {
  if (!isSnappyFramed(body)) throw new DecodeError('body is not framed snappy: it lacks the stream header', 'byte 0')
  for (let position = 0; position < body.length; ) {
    const start = position + 4
    const end = start + (body[position + 1] | (body[position + 2] << 8) | (body[position + 3] << 16))
    if (start > body.length || end > body.length) throw new DecodeError('snappy chunk is cut off', `byte ${position}`)
    const type = body[position]
    if (type === 0x00 || type === 0x01) yield contentChunk(body, { type, start, end })
    // 0x80 to 0xfd may be skipped, 0xfe is padding, 0xff begins the stream, also in the middle of joined streams.
    else if (type < 0x80) throw new DecodeError(`snappy chunk of unknown type ${type}`, `byte ${position}`)
    position = end
  }
}

function contentChunk(
  body: Uint8Array,
  { type, start, end }: { type: number; start: number; end: number },
): SnappyChunk {
  if (end - start < 4) throw new DecodeError('snappy chunk has no checksum', `byte ${start}`)
  const checksum = body[start] | (body[start + 1] << 8) | (body[start + 2] << 16) | (body[start + 3] << 24)
  return {
    bytes: body.subarray(start + 4, end),
    isCompressed: type === 0x00,
    verify(content) {
      if (maskedCrc(content) !== checksum) throw new DecodeError('snappy chunk fails its checksum', `byte ${start}`)
    },
  }
}

function maskedCrc(bytes: Uint8Array): number {
  let crc = -1
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8)
  crc = ~crc
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) | 0
}
