import type { Readable } from 'node:stream'
import { createZstdDecompress } from 'node:zlib'

/** Size of the pieces that come out, bytes: small ones would each cost a turn of their own. */
const pieceBytes = 1 << 20

/**
 * The bytes of a zstd stream. Where the stream breaks, what had come before is given first, then its error: ClickHouse
 * ends an answer in the middle with an exception in its last bytes and breaks the connection. Decompression runs on
 * another thread; a slow reader slows the stream.
 */
export async function* unzipped(stream: Readable): AsyncGenerator<Uint8Array> {
  const zstd = createZstdDecompress({ chunkSize: pieceBytes })
  let broken: unknown
  stream.once('error', (error) => {
    broken = error
  })
  // An aborted stream is closed without an error or an end.
  stream.once('close', () => {
    if (zstd.writableEnded || zstd.destroyed) return
    broken ??= new Error('The stream was aborted.')
    for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) zstd.write(chunk)
    zstd.end()
  })
  stream.once('end', () => zstd.end())
  stream.pipe(zstd, { end: false })
  try {
    yield* zstd
  } catch (error) {
    // Of a broken stream the end of a frame is missing; why it broke says more.
    broken ??= error
  } finally {
    stream.destroy()
    zstd.destroy()
  }
  if (broken !== undefined) throw broken
}
