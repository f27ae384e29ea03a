import { isIP } from 'node:net'
import type { Config } from './schema.ts'
import { type ListenAddress, writeListen } from './setting-types.ts'
import type { ConfigFault } from './sources.ts'

/** Rules that need more than one setting. `where` says which source gave a setting. */
export function checkRules(config: Config, where: (path: string) => string): readonly ConfigFault[] {
  const faults: ConfigFault[] = []
  const fault = (path: string, message: string) => faults.push({ where: where(path), path, message })
  const taken = new Map<string, string>()
  for (const { path, address, protocol, isEncrypted } of listenersOf(config)) {
    if (address === null) continue
    const written = `${protocol === 'udp' ? 'UDP ' : ''}${writeListen(address)}`
    const holder = taken.get(written)
    if (address.port !== 0 && holder !== undefined) fault(path, `${path} is ${written}, which ${holder} has already`)
    taken.set(written, path)
    if (isLoopback(address.host) || config.access.allowPlaintext || isEncrypted) continue
    fault(
      path,
      `${path} is ${written}: other machines reach it, and it speaks plain ${protocol === 'http' ? 'HTTP' : protocol.toUpperCase()} without TLS. Say access.allowPlaintext: true if the network is trusted or a proxy in front does TLS; else expected an address such as 127.0.0.1:${address.port}`,
    )
  }
  if ((config.tls.certFile === '') !== (config.tls.keyFile === ''))
    fault('tls.keyFile', 'tls.certFile and tls.keyFile belong together; expected both or neither')
  for (const [path, { certFile, keyFile, clientCaFile }] of streamListeners(config)) {
    if ((certFile === '') !== (keyFile === ''))
      fault(`${path}.keyFile`, `${path}.certFile and ${path}.keyFile belong together; expected both or neither`)
    if (clientCaFile !== '' && certFile === '')
      fault(`${path}.clientCaFile`, `${path}.clientCaFile has no effect without ${path}.certFile`)
  }
  if (config.syslog.tls.listen !== null && config.syslog.tls.certFile === '')
    fault('syslog.tls.certFile', 'syslog.tls.certFile is empty; expected the certificate to speak TLS with')
  if (config.sockets.batchDelay > 200)
    fault('sockets.batchDelay', 'sockets.batchDelay delays every acknowledgement; expected at most 200ms')
  if (config.syslog.joinWait > 5_000)
    fault('syslog.joinWait', 'syslog.joinWait holds lines in memory only; expected at most 5s')
  if (config.statsd.interval < 1_000 || config.statsd.interval > 300_000)
    fault('statsd.interval', 'statsd.interval is out of bounds; expected 1s to 5m')
  if (config.roles.length === 0) fault('roles', 'roles is empty; expected one or more of receive, write, query, alert')
  if (config.journal.commitWindow > 100)
    fault('journal.commitWindow', 'journal.commitWindow delays every acknowledgement; expected at most 100ms')
  for (const name of ['lookback', 'defaultStep'] as const)
    if (config.promql[name] === 0) fault(`promql.${name}`, `promql.${name} is 0; expected a duration such as 1m`)
  if (config.query.timeout === 0) fault('query.timeout', 'query.timeout is 0; expected a duration such as 30s')
  return faults
}

interface Listener {
  readonly path: string
  readonly address: ListenAddress | null
  readonly protocol: 'http' | 'tcp' | 'udp'
  readonly isEncrypted: boolean
}

function listenersOf(config: Config): readonly Listener[] {
  const plain = (path: string, address: ListenAddress | null, protocol: Listener['protocol']) => ({
    ...{ path, address, protocol },
    isEncrypted: false,
  })
  return [
    ...[
      plain('http.listen', config.http.listen, 'http'),
      plain('otlp.http.listen', config.otlp.http.listen, 'http'),
      plain('otlp.grpc.listen', config.otlp.grpc.listen, 'http'),
    ].map((one) => ({ ...one, isEncrypted: config.tls.certFile !== '' })),
    ...streamListeners(config).map(([path, { listen, certFile }]) => ({
      ...plain(`${path}.listen`, listen, 'tcp'),
      isEncrypted: certFile !== '',
    })),
    plain('syslog.udp.listen', config.syslog.udp.listen, 'udp'),
    plain('statsd.udp.listen', config.statsd.udp.listen, 'udp'),
  ]
}

function streamListeners(config: Config): readonly (readonly [path: string, settings: Config['syslog']['tcp']])[] {
  return [
    ['syslog.tcp', config.syslog.tcp],
    ['syslog.tls', config.syslog.tls],
    ['fluent.tcp', config.fluent.tcp],
    ['statsd.tcp', config.statsd.tcp],
    ['graphite.tcp', config.graphite.tcp],
  ]
}

/** Whether only this machine reaches a listener bound to this host. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}
