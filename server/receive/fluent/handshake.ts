import { Buffer } from 'node:buffer'
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { hostname } from 'node:os'
import { MsgpackReader } from '../../decode/wire/msgpack-reader.ts'
import { packed } from '../../decode/wire/msgpack-writer.ts'

/** Bytes of the number that a proof is good for once. */
const nonceBytes = 16

/** What the sender is answered, and whether it may go on. */
export interface HandshakeAnswer {
  readonly bytes: Buffer
  readonly isProven: boolean
}

/**
 * The server's side of the handshake: HELO with a nonce, the sender's PING with a proof that it knows the shared key,
 * PONG with ours. Names and passwords of users are not asked for.
 * Source: Fluentd, Forward Protocol Specification v1, "Handshake Messages".
 */
export class Handshake {
  readonly #sharedKey: string
  readonly #nonce = randomBytes(nonceBytes)

  constructor(sharedKey: string) {
    this.#sharedKey = sharedKey
  }

  hello(): Buffer {
    return packed(['HELO', { nonce: this.#nonce, auth: Buffer.alloc(0), keepalive: true }])
  }

  /** Judges a PING. Throws: DecodeError where it is none. */
  answer(ping: Buffer): HandshakeAnswer {
    const reader = new MsgpackReader(ping)
    const members = reader.array()
    if (members < 4 || reader.text() !== 'PING') throw reader.error('PING expected, as a shared key is asked for')
    const clientName = reader.binary()
    const salt = reader.binary()
    const proof = reader.binary()
    const isProven = equal(proof, this.#digest(salt, clientName))
    const reason = isProven ? '' : 'shared_key mismatch'
    const name = hostname()
    const own = isProven ? this.#digest(salt, Buffer.from(name)) : ''
    return { bytes: packed(['PONG', isProven, reason, name, own]), isProven }
  }

  #digest(salt: Buffer, name: Buffer): string {
    return createHash('sha512').update(salt).update(name).update(this.#nonce).update(this.#sharedKey).digest('hex')
  }
}

function equal(given: Buffer, expected: string): boolean {
  const wanted = Buffer.from(expected)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
