import { DecodeError } from '../../model/sink.ts'

const frameMagic = 0xfd2fb528
/** 16 magic numbers, 0x184d2a50 to 0x184d2a5f. */
const skippableMagic = 0x184d2a50

/** Frames of one body; each costs some 50 µs, however little is in it. */
const maxFrames = 1_000

/** Bytes of the dictionary id and of the content size in a frame's header, by their flags. */
const dictionaryIdBytes = [0, 1, 2, 4]
const contentSizeBytes = [0, 2, 4, 8]

/**
 * Where the frames with content lie in a zstd stream, found from the headers of frames and blocks without decoding.
 * Throws: DecodeError where a frame is cut off, no frame begins, or there are more than 1,000. An empty body has no frames.
 * Source: RFC 8878, section 3.1.
 */
export function* zstdFrames(body: Uint8Array): Generator<{ start: number; end: number }> {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  let frames = 0
  for (let start = 0; start < body.length; ) {
    if (body.length - start < 5) throw cutOff(start)
    const magic = view.getUint32(start, true)
    if (magic === frameMagic) {
      if (++frames > maxFrames) throw new DecodeError(`body has more than ${maxFrames} zstd frames`, `byte ${start}`)
      const end = frameEnd(body, start)
      yield { start, end }
      start = end
    } else if ((magic & 0xffff_fff0) >>> 0 === skippableMagic) {
      if (body.length - start < 8) throw cutOff(start)
      start += 8 + view.getUint32(start + 4, true)
      if (start > body.length) throw cutOff(body.length)
    } else throw new DecodeError('body is not zstd: no frame begins', `byte ${start}`)
  }
}

function frameEnd(body: Uint8Array, start: number): number {
  const descriptor = body[start + 4]
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >>> 6
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : contentSizeBytes[sizeFlag]
  let position = start + 5 + (isSingleSegment ? 0 : 1) + dictionaryIdBytes[descriptor & 3] + sizeBytes
  for (let isLast = false; !isLast; ) {
    if (position + 3 > body.length) throw cutOff(position)
    const header = body[position] | (body[position + 1] << 8) | (body[position + 2] << 16)
    isLast = (header & 1) !== 0
    // A run-length block holds one byte, however long it becomes.
    position += 3 + (((header >>> 1) & 3) === 1 ? 1 : header >>> 3)
  }
  const end = position + ((descriptor & 4) !== 0 ? 4 : 0)
  if (end > body.length) throw cutOff(end)
  return end
}

function cutOff(position: number): DecodeError {
  return new DecodeError('zstd frame is cut off', `byte ${position}`)
}
