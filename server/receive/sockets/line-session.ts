import { LineBlockSplitter } from '../../decode/wire/line-blocks.ts'
import { FrameSplitter } from '../../decode/wire/stream-frames.ts'
import type { ReceiverContext, SocketPeer, SocketReceiver, StreamSession } from '../receiver.ts'
import { countTooLong } from './socket-entry.ts'

export interface BlockSessionOptions {
  readonly receiver: Pick<SocketReceiver, 'name' | 'signals'>
  readonly context: ReceiverContext
  readonly peer: SocketPeer
  readonly maxMessageBytes: number
  /** Takes the lines of one chunk, in blocks; its promise is waited for before more is read. */
  take(blocks: readonly Buffer[]): Promise<void> | void
}

export interface LineSessionOptions extends Omit<BlockSessionOptions, 'take'> {
  readonly octetCounted: boolean
  /** Takes the messages of one chunk; its promise is waited for before more is read. */
  take(messages: readonly Buffer[]): Promise<void> | void
}

/** A connection over which lines come, or messages with their length in front. */
export function lineSession(options: LineSessionOptions): StreamSession {
  const { maxMessageBytes, octetCounted, take } = options
  const splitter = new FrameSplitter({ maxBytes: maxMessageBytes, octetCounted })
  return {
    push(chunk) {
      const { messages, tooLong } = splitter.push(chunk)
      countSkipped(options, tooLong)
      return messages.length === 0 ? undefined : take(messages)
    },
    end() {
      const rest = splitter.end()
      if (rest !== null) void take([rest])
    },
  }
}

/** A connection over which lines come that are read where they stand, many at a time. */
export function blockSession(options: BlockSessionOptions): StreamSession {
  const splitter = new LineBlockSplitter(options.maxMessageBytes)
  return {
    push(chunk) {
      const { blocks, tooLong } = splitter.push(chunk)
      countSkipped(options, tooLong)
      return blocks.length === 0 ? undefined : options.take(blocks)
    },
    end() {
      const rest = splitter.end()
      if (rest !== null) void options.take([rest])
    },
  }
}

function countSkipped({ receiver, context, peer, maxMessageBytes }: Omit<BlockSessionOptions, 'take'>, count: number) {
  if (count > 0) countTooLong(receiver, context, { tenant: peer.tenant, count, maxBytes: maxMessageBytes })
}
