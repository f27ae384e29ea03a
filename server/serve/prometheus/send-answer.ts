import { Readable } from 'node:stream'
import { constants, createGzip, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Text is put together to pieces of this many bytes before it goes to the socket: a compressor takes a thread's turn for
 * each. The first is smaller, since most answers are: memory for a large one would be collected with the whole heap.
 */
const pieceBytes = 256 * 1024
const firstPieceBytes = 16 * 1024

/** Answers up to so many bytes are compressed at once: 0.3 ms at most, against two turns of a thread. */
const leastStreamed = 64 * 1024

/** Shorter answers are sent as they are. */
const leastCompressed = 1024

/**
 * Sends text that is made while it is sent: memory is a few pieces, whatever the size. Compressed with gzip or zstd
 * where the client takes it and it is long enough.
 */
export function sendStream(
  exchange: { request: FastifyRequest; reply: FastifyReply },
  contentType: string,
  parts: Iterable<string>,
): FastifyReply {
  const { request, reply } = exchange
  void reply.type(contentType)
  const pieces = inPieces(parts)
  const first = pieces.next()
  const second = first.done === true ? first : pieces.next()
  const start = first.done === true ? Buffer.alloc(0) : first.value
  const encoding = chosenEncoding(String(request.headers['accept-encoding'] ?? ''))
  void reply.header('vary', 'accept-encoding')
  if (second.done === true && (start.length < leastCompressed || encoding === null)) return reply.send(start)
  if (encoding !== null) void reply.header('content-encoding', encoding)
  if (second.done === true && start.length <= leastStreamed && encoding !== null)
    return reply.send(encoding === 'gzip' ? gzipped(start) : zstdCompressSync(start, fastZstd))
  const body = Readable.from(chained(start, second, pieces), { objectMode: false, highWaterMark: 2 * pieceBytes })
  if (encoding === null) return reply.send(body)
  const compressor =
    encoding === 'gzip' ? createGzip({ level: 1, chunkSize: pieceBytes }) : createZstdCompress(fastZstd)
  body.on('error', (error) => compressor.destroy(error))
  compressor.on('close', () => body.destroy())
  return reply.send(body.pipe(compressor))
}

const fastZstd = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** In as little memory as the length asks for. */
function gzipped(bytes: Buffer): Buffer {
  const windowBits = Math.max(9, Math.min(15, Math.ceil(Math.log2(bytes.length))))
  return gzipSync(bytes, {
    level: 1,
    windowBits,
    memLevel: windowBits - 7,
    chunkSize: Math.max(1024, bytes.length >> 2),
  })
}

function* chained(start: Buffer, second: IteratorResult<Buffer>, rest: Iterable<Buffer>): Generator<Buffer> {
  yield start
  if (second.done !== true) yield second.value
  yield* rest
}

/** Text goes into bytes at once: strings of such a size would fill the memory for young objects. */
function* inPieces(parts: Iterable<string>): Generator<Buffer> {
  let piece = Buffer.allocUnsafeSlow(firstPieceBytes)
  let length = 0
  let nextBytes = firstPieceBytes
  for (const part of parts) {
    // A character has three bytes at most; a pair of surrogates, of two characters, has four.
    if (length + part.length * 3 > piece.length) {
      if (length > 0) {
        yield piece.subarray(0, length)
        nextBytes = pieceBytes
      }
      length = 0
      piece = Buffer.allocUnsafeSlow(Math.max(nextBytes, part.length * 3))
    }
    length += piece.write(part, length)
  }
  if (length > 0) yield piece.subarray(0, length)
}

/** The first of gzip and zstd that the client takes; null: neither. */
function chosenEncoding(accepted: string): 'gzip' | 'zstd' | null {
  const names = accepted
    .split(',')
    .map((entry) => entry.trim().toLowerCase().split(';'))
    .filter(([, q]) => q === undefined || !/^\s*q=0(\.0*)?$/.test(q))
    .map(([name]) => name.trim())
  if (names.includes('zstd')) return 'zstd'
  return names.includes('gzip') || names.includes('*') ? 'gzip' : null
}
