import { isIP } from 'node:net'
import type { Config } from './schema.ts'
import { type ListenAddress, writeListen } from './setting-types.ts'
import type { ConfigFault } from './sources.ts'

/** Rules that need more than one setting. `where` says which source gave a setting. */
export function checkRules(config: Config, where: (path: string) => string): readonly ConfigFault[] {
  const faults: ConfigFault[] = []
  const fault = (path: string, message: string) => faults.push({ where: where(path), path, message })
  const listeners: readonly [path: string, address: ListenAddress | null][] = [
    ['http.listen', config.http.listen],
    ['otlp.http.listen', config.otlp.http.listen],
    ['otlp.grpc.listen', config.otlp.grpc.listen],
  ]
  const taken = new Map<string, string>()
  for (const [path, address] of listeners) {
    if (address === null) continue
    const written = writeListen(address)
    const holder = taken.get(written)
    if (address.port !== 0 && holder !== undefined) fault(path, `${path} is ${written}, which ${holder} has already`)
    taken.set(written, path)
    if (isLoopback(address.host) || config.access.allowPlaintext) continue
    fault(
      path,
      `${path} is ${written}: other machines reach it, and it speaks plain HTTP without TLS. Say access.allowPlaintext: true if the network is trusted or a proxy in front does TLS; else expected an address such as 127.0.0.1:${address.port}`,
    )
  }
  if (config.roles.length === 0) fault('roles', 'roles is empty; expected one or more of receive, write, query, alert')
  if (config.journal.commitWindow > 10_000)
    fault('journal.commitWindow', 'journal.commitWindow delays every acknowledgement; expected at most 10s')
  if (config.query.timeout === 0) fault('query.timeout', 'query.timeout is 0; expected a duration such as 30s')
  return faults
}

/** Whether only this machine reaches a listener bound to this host. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}
