import { BlockList, isIP } from 'node:net'
import { env } from 'node:process'
import type { ConnectionConfig } from '../config/http-config.ts'

/** Address of the proxy for a URL, null for none. */
export type ChooseProxy = (url: URL) => string | null

/**
 * Null where no proxy is ever used. Source: golang.org/x/net/http/httpproxy, which Prometheus follows: without `no_proxy`
 * all goes through `proxy_url`; with it, or with the environment, this machine itself is never reached by proxy.
 */
export function chooseProxy(config: ConnectionConfig): ChooseProxy | null {
  const { proxy_url: url, no_proxy: noProxy } = config
  if (config.proxy_from_environment) return fromEnvironment()
  if (url === undefined) return null
  if (noProxy === undefined) return () => url
  const isExempt = exemptions(noProxy)
  return (asked) => (isExempt(asked) ? null : url)
}

function fromEnvironment(): ChooseProxy | null {
  const read = (name: string) => env[name] || env[name.toLowerCase()] || null
  const plain = read('HTTP_PROXY')
  const secure = read('HTTPS_PROXY')
  if (plain === null && secure === null) return null
  const isExempt = exemptions(read('NO_PROXY') ?? '')
  const withScheme = (proxy: string | null) => (proxy === null || proxy.includes('://') ? proxy : `http://${proxy}`)
  return (asked) => (isExempt(asked) ? null : withScheme(asked.protocol === 'https:' ? secure : plain))
}

type IsExempt = (url: URL) => boolean

/** Entries by commas: `*`, an address or a CIDR block, `example.com` (with all below it), `.example.com` (below it); `:port` too. */
function exemptions(noProxy: string): IsExempt {
  const tests = noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .map(exemption)
  return (url) => {
    const host = hostOf(url)
    if (host === 'localhost' || isLoopback(host)) return true
    return tests.some((test) => test(url))
  }
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase()
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

function isLoopback(host: string): boolean {
  return contains(loopback, host)
}

function contains(block: BlockList, host: string): boolean {
  const version = isIP(host)
  return version !== 0 && block.check(host, version === 6 ? 'ipv6' : 'ipv4')
}

function exemption(entry: string): IsExempt {
  if (entry === '*') return () => true
  const cidr = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry)
  if (cidr !== null && isIP(cidr[1]) !== 0) {
    const isSix = isIP(cidr[1]) === 6
    const block = new BlockList()
    if (Number(cidr[2]) <= (isSix ? 128 : 32)) block.addSubnet(cidr[1], Number(cidr[2]), isSix ? 'ipv6' : 'ipv4')
    return (url) => contains(block, hostOf(url))
  }
  const parts = /^(?:\[([^\]]+)\]|([^:]*)|(.*:.*:.*))(?::(\d+))?$/.exec(entry)
  const name = (parts?.[1] ?? parts?.[2] ?? parts?.[3] ?? entry).replace(/^\*\./, '.')
  const port = parts?.[4] ?? null
  const below = name.startsWith('.') ? name : `.${name}`
  return (url) => {
    if (port !== null && port !== (url.port || (url.protocol === 'https:' ? '443' : '80'))) return false
    const host = hostOf(url)
    return host === name || (isIP(name) === 0 && host.endsWith(below))
  }
}
