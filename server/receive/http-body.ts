import { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { type RequestRefused, refused } from './failure.ts'
import type { InFlightRequest } from './in-flight.ts'

/** First buffer for a body whose length is not announced, bytes. */
const firstBufferBytes = 64 * 1024

/**
 * Reads a whole body. With Content-Length into one buffer of that size, else into one that doubles.
 * Throws: RequestRefused `too_large` as soon as more than `maxBytes` are announced or have come, and `malformed`
 * where the sender hangs up midway; Overloaded where `room` is short.
 */
export async function readBody(
  request: IncomingMessage,
  { maxBytes, room }: { maxBytes: number; room: InFlightRequest },
): Promise<Uint8Array> {
  const announced = Number(request.headers['content-length'] ?? Number.NaN)
  if (announced > maxBytes) throw tooLarge(maxBytes)
  if (announced === 0) return Buffer.alloc(0)
  let length = 0
  let body = allocate(Number.isNaN(announced) ? Math.min(firstBufferBytes, maxBytes) : announced, room)
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (length + chunk.length > maxBytes) throw tooLarge(maxBytes)
      if (length + chunk.length > body.length) {
        const grown = allocate(Math.min(maxBytes, Math.max(body.length * 2, length + chunk.length)), room)
        body.copy(grown, 0, 0, length)
        body = grown
      }
      length += chunk.copy(body, length)
    }
  } catch (error) {
    if (request.errored === null) throw error
    throw refused('malformed', `the connection was closed after ${length} bytes of the body`)
  }
  return body.subarray(0, length)
}

/** Not from the pool: batches may keep views of it. */
function allocate(bytes: number, room: InFlightRequest): Buffer {
  room.reserve(bytes)
  return Buffer.allocUnsafeSlow(bytes)
}

function tooLarge(maxBytes: number): RequestRefused {
  return refused('too_large', `the body is larger than ${maxBytes} bytes; send smaller batches`)
}
