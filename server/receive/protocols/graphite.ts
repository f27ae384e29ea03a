import { decodeGraphite, type GraphiteLines } from '../../decode/graphite/graphite-lines.ts'
import { halvesOf } from '../../decode/wire/line-blocks.ts'
import type { SocketReceiver } from '../receiver.ts'
import { blockSession } from '../sockets/line-session.ts'
import { MessageQueues } from '../sockets/message-queue.ts'

/** Graphite's plaintext protocol over TCP. */
export const graphite: SocketReceiver = {
  kind: 'socket',
  name: 'graphite',
  title: 'Graphite',
  summary: 'Lines of `path value timestamp` over TCP, with or without tags: collectd, carbon relays, scripts.',
  signals: ['metrics'],
  defaultPort: 2003,
  snippets: [
    {
      title: 'Shell',
      language: 'shell',
      template: 'echo "servers.web1.load 0.5 $(date +%s)" | nc -w0 {{host}} {{port}}',
    },
  ],
  create({ sockets }, context) {
    const queues = new MessageQueues<GraphiteLines>({
      receiver: graphite.name,
      signal: 'metrics',
      context,
      decode: (blocks, { tenant, receiver, receivedBytes, memory }) =>
        decodeGraphite(blocks, { series: context.tables.of(tenant), receiver, receivedBytes, memory }),
      halve: ({ bytes, receivedMs }) => halvesOf(bytes)?.map((half) => ({ bytes: half, receivedMs })) ?? null,
      delayMs: sockets.batchDelay,
      maxWaitingBytes: sockets.maxWaitingBytes,
    })
    return {
      open(peer) {
        const queue = queues.of(peer.tenant)
        const { maxMessageBytes } = sockets
        return blockSession({
          ...{ receiver: graphite, context, peer, maxMessageBytes },
          take(blocks) {
            const receivedMs = context.clock.nowMs()
            for (const bytes of blocks) void queue.add({ bytes, receivedMs }, bytes.length)
            return queue.isFull ? queue.room() : undefined
          },
        })
      },
      stop: () => queues.stop(),
    }
  },
}
