import { BodyTooLarge } from '../../decode/decompress.ts'
import { decodeFluent, type ReceivedFluentRequest } from '../../decode/fluent/fluent.ts'
import { type FluentRequest, readFluentRequest } from '../../decode/fluent/request.ts'
import { RequestSplitter } from '../../decode/fluent/request-splitter.ts'
import { packed } from '../../decode/wire/msgpack-writer.ts'
import { freshRoom } from '../../model/memory.ts'
import { DecodeError } from '../../model/sink.ts'
import { Handshake } from '../fluent/handshake.ts'
import {
  maxRequestBytes,
  type ReceiverContext,
  type SocketAnswers,
  type SocketPeer,
  type SocketReceiver,
  type StreamSession,
} from '../receiver.ts'
import { MessageQueues } from '../sockets/message-queue.ts'

type Queue = ReturnType<MessageQueues<ReceivedFluentRequest>['of']>

/** Fluent forward protocol, acknowledged by chunk. Source: Fluentd, Forward Protocol Specification v1. */
export const fluentForward: SocketReceiver = {
  kind: 'socket',
  name: 'fluent_forward',
  title: 'Fluent forward',
  summary:
    'Fluent Bit and Fluentd with the output `forward`, Docker with the log driver `fluentd`, fluent-logger libraries.',
  signals: ['logs'],
  defaultPort: 24_224,
  snippets: [
    {
      title: 'Fluent Bit',
      language: 'yaml',
      template:
        'pipeline:\n  outputs:\n    - name: forward\n      match: "*"\n      host: {{host}}\n      port: {{port}}\n      require_ack_response: true',
    },
    {
      title: 'Docker',
      language: 'shell',
      template: 'docker run --log-driver=fluentd --log-opt fluentd-address={{host}}:{{port}} alpine echo hello',
    },
  ],
  create({ sockets, fluent }, context) {
    const queues = new MessageQueues<ReceivedFluentRequest>({
      receiver: fluentForward.name,
      signal: 'logs',
      context,
      decode: decodeFluent,
      delayMs: sockets.batchDelay,
      maxWaitingBytes: sockets.maxWaitingBytes,
    })
    const sharedKey = fluent.sharedKey.reveal()
    return {
      open: (peer) => new ForwardSession({ peer, queue: queues.of(peer.tenant), context, sharedKey }),
      stop: () => queues.stop(),
    }
  },
}

interface SessionParts {
  readonly peer: SocketPeer & SocketAnswers
  readonly queue: Queue
  readonly context: ReceiverContext
  readonly sharedKey: string
}

class ForwardSession implements StreamSession {
  readonly #parts: SessionParts
  readonly #splitter: RequestSplitter
  /** null once the sender has proven that it knows the key, or where none is asked for. */
  #handshake: Handshake | null

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#splitter = new RequestSplitter(maxRequestBytes, () => parts.context.inFlight?.open() ?? freshRoom)
    this.#handshake = parts.sharedKey === '' ? null : new Handshake(parts.sharedKey)
    if (this.#handshake !== null) parts.peer.write(this.#handshake.hello())
  }

  push(chunk: Buffer): Promise<void> | undefined {
    const { values, room } = this.#splitter.push(chunk)
    const stored = values.map((value) => this.#take(value))
    if (room !== null) void Promise.all(stored).then(() => room.release())
    const { queue } = this.#parts
    return queue.isFull ? queue.room() : undefined
  }

  /** A request that is cut off was not acknowledged: its sender will repeat it. */
  end(): void {
    this.#splitter.end()
  }

  /** The promise resolves when the value's bytes are no longer needed; none: they are not needed any more. */
  #take(value: Buffer): Promise<unknown> | undefined {
    if (this.#handshake !== null) {
      this.#shakeHands(this.#handshake, value)
      return undefined
    }
    const { queue, context, peer } = this.#parts
    const request = readRequest(value)
    if (request === null) return undefined
    const { chunk } = request
    // Room is measured by what is held: compressed entries are unpacked by now.
    const heldBytes = Math.max(value.length, request.entries.length)
    const received = { request, receivedMs: context.clock.nowMs(), wireBytes: value.length }
    const stored = queue.add(received, heldBytes)
    if (chunk === null) return stored
    return stored.then((isStored) => {
      if (isStored) peer.write(packed({ ack: chunk }))
    })
  }

  #shakeHands(handshake: Handshake, ping: Buffer): void {
    const { bytes, isProven } = handshake.answer(ping)
    this.#parts.peer.write(bytes)
    if (!isProven) throw new DecodeError('the sender does not know the shared key', 'the handshake')
    this.#handshake = null
  }
}

function readRequest(value: Buffer): FluentRequest | null {
  try {
    return readFluentRequest(value, maxRequestBytes)
  } catch (error) {
    if (error instanceof BodyTooLarge) throw new DecodeError(error.message, 'a chunk')
    throw error
  }
}
