import type { SyslogMessage } from '../../decode/syslog/message.ts'
import { decodeSyslog } from '../../decode/syslog/syslog.ts'
import { trimmed } from '../../decode/wire/stream-frames.ts'
import type { SocketReceiver } from '../receiver.ts'
import { lineSession } from '../sockets/line-session.ts'
import { MessageQueues } from '../sockets/message-queue.ts'
import { zoneOffset } from '../sockets/zone-offset.ts'

/** Syslog over TCP, TLS and UDP. Source: RFC 5424, 3164, 6587 (TCP), 5425 (TLS), 5426 (UDP). */
export const syslog: SocketReceiver = {
  kind: 'socket',
  name: 'syslog',
  title: 'Syslog',
  summary:
    'RFC 5424 and RFC 3164 over TCP (lines or octet-counted), TLS and UDP: rsyslog, syslog-ng, `logger`, routers, firewalls.',
  signals: ['logs'],
  defaultPort: 5514,
  snippets: [
    {
      title: 'rsyslog',
      language: 'text',
      template:
        '*.* action(type="omfwd" target="{{host}}" port="{{port}}" protocol="tcp" template="RSYSLOG_SyslogProtocol23Format" TCP_Framing="octet-counted")',
    },
    {
      title: 'logger',
      language: 'shell',
      template: 'logger --server {{host}} --port {{port}} --tcp --rfc5424 "hello"',
    },
  ],
  create({ sockets, syslog: { timeZone, joinWait } }, context) {
    const offsetMinutes = zoneOffset(timeZone)
    const queues = new MessageQueues<SyslogMessage>({
      receiver: syslog.name,
      signal: 'logs',
      context,
      decode: (messages, about) => decodeSyslog(messages, { ...about, offsetMinutes }),
      delayMs: sockets.batchDelay,
      maxWaitingBytes: sockets.maxWaitingBytes,
      holdBack: {
        waitMs: joinWait,
        receivedMs: ({ receivedMs }) => receivedMs,
        rows: (batch) => (batch.signal === 'logs' ? (context.openTraceRows?.(batch) ?? null) : null),
      },
    })
    return {
      open(peer) {
        const queue = queues.of(peer.tenant)
        return lineSession({
          receiver: syslog,
          context,
          peer,
          maxMessageBytes: sockets.maxMessageBytes,
          octetCounted: true,
          take(messages) {
            const receivedMs = context.clock.nowMs()
            for (const bytes of messages) void queue.add({ bytes, receivedMs, address: peer.address }, bytes.length)
            return queue.isFull ? queue.room() : undefined
          },
        })
      },
      datagram({ tenant, address, bytes: packet }) {
        const bytes = trimmed(packet)
        if (bytes.length > 0) queues.offer(tenant, { bytes, receivedMs: context.clock.nowMs(), address }, packet.length)
      },
      stop: () => queues.stop(),
    }
  },
}
