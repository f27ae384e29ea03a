import { FrameSplitter } from '../../decode/wire/stream-frames.ts'
import type { ReceiverContext, SocketPeer, SocketReceiver, StreamSession } from '../receiver.ts'
import { countTooLong } from './socket-entry.ts'

export interface LineSessionOptions {
  readonly receiver: Pick<SocketReceiver, 'name' | 'signals'>
  readonly context: ReceiverContext
  readonly peer: SocketPeer
  readonly maxMessageBytes: number
  readonly octetCounted: boolean
  /** Takes the messages of one chunk; its promise is waited for before more is read. */
  take(messages: readonly Buffer[]): Promise<void> | void
}

/** A connection over which lines come, or messages with their length in front. */
export function lineSession(options: LineSessionOptions): StreamSession {
  const { receiver, context, peer, maxMessageBytes, octetCounted, take } = options
  const splitter = new FrameSplitter({ maxBytes: maxMessageBytes, octetCounted })
  return {
    push(chunk) {
      const { messages, tooLong } = splitter.push(chunk)
      if (tooLong > 0)
        countTooLong(receiver, context, { tenant: peer.tenant, count: tooLong, maxBytes: maxMessageBytes })
      return messages.length === 0 ? undefined : take(messages)
    },
    end() {
      const rest = splitter.end()
      if (rest !== null) void take([rest])
    },
  }
}
