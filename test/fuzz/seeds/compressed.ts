import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { compressSync } from 'snappy'

const text = Buffer.from('order 17 failed, order 18 failed, order 19 did not; '.repeat(20))
const small = Buffer.from('abc')

/** CRC-32C, rotated and shifted as the framing format has it. Source: snappy, framing_format.txt, section 3. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  crc = ~crc
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

function chunk(type: number, content: Uint8Array, stored: Uint8Array): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32LE((stored.length + 4) * 256 + type)
  head.writeUInt32LE(maskedCrc(content), 4)
  return Buffer.concat([head, stored])
}

const streamHead = Buffer.from('ff060000734e61507059', 'hex')
const framed = Buffer.concat([streamHead, chunk(1, small, small), chunk(0, text, compressSync(text))])

export const gzipped = () => [gzipSync(text), gzipSync(small), Buffer.concat([gzipSync(small), gzipSync(text)])]
export const deflated = () => [deflateSync(text), deflateRawSync(text), deflateSync(small)]
export const zstandard = () => [
  zstdCompressSync(text),
  zstdCompressSync(small),
  Buffer.concat([zstdCompressSync(small), zstdCompressSync(text)]),
]
export const snappyBlocks = () => [compressSync(text), compressSync(small)]
export const snappyFrames = () => [framed]
