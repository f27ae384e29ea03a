import type { ReceiverPlace } from '../model/origin/receiver-place.ts'
import type { Config } from '../runtime/config/schema.ts'
import type { ListenAddress } from '../runtime/config/setting-types.ts'
import type { HttpReceiver, Receiver, SocketReceiver } from './receiver.ts'
import { socketListenersOf } from './sockets/socket-parts.ts'

type PlaceSettings = Pick<Config, 'http' | 'otlp' | 'syslog' | 'fluent' | 'statsd' | 'graphite'>

/** Where each receiver is found; those whose listeners are all off are left out, as nothing can come that way. */
export function receiverPlaces(receivers: readonly Receiver[], settings: PlaceSettings): readonly ReceiverPlace[] {
  return receivers.flatMap((receiver) => {
    const listensAt = placesOf(receiver, settings)
    if (listensAt.length === 0 && receiver.kind !== 'active') return []
    return [{ receiver: receiver.name, title: receiver.title, listensAt }]
  })
}

function placesOf(receiver: Receiver, settings: PlaceSettings): readonly string[] {
  switch (receiver.kind) {
    case 'http':
      return httpPlaces(receiver, settings)
    case 'grpc':
      return portsOf(settings.otlp.grpc.listen)
    case 'socket':
      return socketPlaces(receiver, settings)
    case 'active':
      return []
  }
}

/** The port of its own where it has one, then the paths beside the API at which rows are taken. */
function httpPlaces({ routes }: HttpReceiver, { otlp }: PlaceSettings): readonly string[] {
  const isOnIngestPort = routes.some(({ listeners }) => listeners.includes('ingest'))
  const paths = routes
    .filter(({ method, listeners }) => (method === 'POST' || method === 'PUT') && listeners.includes('api'))
    .map(({ path }) => path)
  return [...new Set([...(isOnIngestPort ? portsOf(otlp.http.listen) : []), ...paths])]
}

function socketPlaces({ name }: SocketReceiver, settings: PlaceSettings): readonly string[] {
  return socketListenersOf(name, settings).flatMap(({ name: listener, entry }) =>
    portsOf(entry.listen).map((port) => `${listener.slice(listener.indexOf('.') + 1)} ${port}`),
  )
}

function portsOf(address: ListenAddress | null): readonly string[] {
  return address === null ? [] : [`:${address.port}`]
}
