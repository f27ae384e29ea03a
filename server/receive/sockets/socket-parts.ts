import type { Part } from '../../runtime/part.ts'
import type {
  AuthorizeIngest,
  Receiver,
  ReceiverContext,
  SocketIntake,
  SocketReceiver,
  SocketSettings,
} from '../receiver.ts'
import { DatagramListener } from './datagram-listener.ts'
import type { SocketListenerSettings } from './socket-entry.ts'
import { StreamListener, type StreamListenerSettings } from './stream-listener.ts'

interface SocketIngestParts {
  readonly context: ReceiverContext
  readonly authorizeIngest: AuthorizeIngest
}

/**
 * The parts for all receivers on sockets that the settings give a listener, in the order in which they are to be
 * started: what takes the bytes before the listeners, so that it is stopped after them.
 */
export function createSocketParts(
  receivers: readonly Receiver[],
  settings: SocketSettings,
  ingest: SocketIngestParts,
): readonly Part[] {
  return receivers.flatMap((receiver) => {
    if (receiver.kind !== 'socket') return []
    const listeners = socketListenersOf(receiver.name, settings).filter(({ entry }) => entry.listen !== null)
    if (listeners.length === 0) return []
    const intake = receiver.create(settings, ingest.context)
    return [
      intakePart(receiver, intake),
      ...listeners.map((listener) => listenerPart(listener, { receiver, intake, settings, ...ingest })),
    ]
  })
}

type Listener =
  | { readonly name: string; readonly transport: 'stream'; readonly entry: StreamListenerSettings }
  | { readonly name: string; readonly transport: 'datagram'; readonly entry: SocketListenerSettings }

/** Listeners by receiver, as the sections of the configuration name them. */
export function socketListenersOf(
  name: string,
  { syslog, fluent, statsd, graphite }: Omit<SocketSettings, 'sockets'>,
): readonly Listener[] {
  switch (name) {
    case 'syslog':
      return [
        { name: 'syslog.tcp', transport: 'stream', entry: syslog.tcp },
        { name: 'syslog.tls', transport: 'stream', entry: syslog.tls },
        { name: 'syslog.udp', transport: 'datagram', entry: syslog.udp },
      ]
    case 'fluent_forward':
      return [{ name: 'fluent.tcp', transport: 'stream', entry: fluent.tcp }]
    case 'statsd':
      return [
        { name: 'statsd.udp', transport: 'datagram', entry: statsd.udp },
        { name: 'statsd.tcp', transport: 'stream', entry: statsd.tcp },
      ]
    case 'graphite':
      return [{ name: 'graphite.tcp', transport: 'stream', entry: graphite.tcp }]
    default:
      throw new Error(`no settings say where ${name} listens`)
  }
}

function listenerPart(
  { name, transport, entry }: Listener,
  options: SocketIngestParts & { receiver: SocketReceiver; intake: SocketIntake; settings: SocketSettings },
): Part {
  const { receiver, intake, context, authorizeIngest } = options
  if (transport === 'datagram') return new DatagramListener({ name, intake, context, authorizeIngest, settings: entry })
  const { maxConnections, idleTimeout } = options.settings.sockets
  const bounds = { maxConnections, idleTimeoutMs: idleTimeout }
  return new StreamListener({ name, receiver, intake, context, authorizeIngest, settings: entry, ...bounds })
}

function intakePart(receiver: SocketReceiver, intake: SocketIntake): Part {
  return { name: receiver.name, start: async () => {}, stop: () => intake.stop(), health: () => ({ ready: true }) }
}
