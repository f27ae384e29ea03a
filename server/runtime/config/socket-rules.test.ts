import { describe, expect, it } from 'vitest'
import { ConfigError, loadConfig } from './load.ts'

function faultsOf(...flags: string[]): readonly string[] {
  try {
    loadConfig({ environment: {}, flags, folder: '/nowhere' })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path }) => path)
    throw error
  }
}

describe('rules of listeners on sockets', () => {
  it.each<[string, string[], string[]]>([
    ['UDP and TCP on one port', ['--statsd.udp.listen=127.0.0.1:8125', '--statsd.tcp.listen=127.0.0.1:8125'], []],
    ['a port that another has', ['--syslog.tcp.listen=127.0.0.1:8080'], ['syslog.tcp.listen']],
    ['an address that others reach', ['--syslog.udp.listen=:5514'], ['syslog.udp.listen']],
    ['that, in a trusted network', ['--syslog.udp.listen=:5514', '--access.allowPlaintext=true'], []],
    ['that, with TLS', ['--syslog.tls.listen=:6514', '--syslog.tls.certFile=a.pem', '--syslog.tls.keyFile=a.key'], []],
    ['TLS without a certificate', ['--syslog.tls.listen=127.0.0.1:6514'], ['syslog.tls.certFile']],
    ['a certificate without its key', ['--fluent.tcp.certFile=a.pem'], ['fluent.tcp.keyFile']],
    ['authorities without a certificate', ['--fluent.tcp.clientCaFile=a.pem'], ['fluent.tcp.clientCaFile']],
    ['a delay beyond 200 ms', ['--sockets.batchDelay=201ms'], ['sockets.batchDelay']],
    ['an interval below a second', ['--statsd.interval=500ms'], ['statsd.interval']],
  ])('judges %s', (_name, flags, paths) => {
    expect(faultsOf(...flags)).toEqual(paths)
  })
})
