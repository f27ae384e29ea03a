import { isIP } from 'node:net'
import { headerOf, type Refusal, type RequestHeaders, refuse } from './refusal.ts'

/** Names and origins that are let in besides the obvious ones. */
export interface OriginRules {
  /** Host names; `*.example.com` for every name below. */
  readonly allowedHosts: readonly string[]
  /** Origins such as `https://grafana.example.com`. */
  readonly allowedOrigins: readonly string[]
}

/**
 * Turns away what a web page of somebody else could make a person's browser send. Needed wherever a request is
 * trusted for where it comes from or for what a browser adds by itself, not for a token that the caller names.
 *
 * Host: a page can point its own name at this machine (DNS rebinding), so only names that nobody outside can own
 * are taken: loopback names, IP addresses, names without a dot, and the configured ones.
 * Origin: a page can post across origins, so Origin must be this server itself or a configured one; requests that
 * a browser marks as coming from another site are refused unless the person follows a link.
 */
export function checkOrigin(headers: RequestHeaders, rules: OriginRules): Refusal | undefined {
  const host = headerOf(headers, 'host')
  const name = hostNameOf(host)
  if (host !== '' && (name === undefined || !isTrustedName(name, rules.allowedHosts)))
    return refuse(
      403,
      `the host name ${JSON.stringify(name ?? host)} is not one of this server; add it to http.allowedHosts if it is`,
    )
  const origin = headerOf(headers, 'origin')
  if (origin !== '') return isTrustedOrigin(origin, host, rules) ? undefined : refuseOrigin(origin)
  const site = headerOf(headers, 'sec-fetch-site')
  const isLink =
    headerOf(headers, 'sec-fetch-mode') === 'navigate' && headerOf(headers, 'sec-fetch-dest') === 'document'
  return site === 'cross-site' && !isLink ? refuseOrigin('of another site') : undefined
}

function refuseOrigin(origin: string): Refusal {
  return refuse(
    403,
    `requests from the web page ${JSON.stringify(origin.slice(0, 200))} are not taken; add its origin to http.allowedOrigins if they should be`,
  )
}

function isTrustedOrigin(origin: string, host: string, rules: OriginRules): boolean {
  if (rules.allowedOrigins.includes(origin)) return true
  // Only the host is compared: behind a proxy that does TLS the scheme differs.
  const [, originHost] = /^https?:\/\/([^/]+)$/.exec(origin) ?? []
  return originHost !== undefined && originHost.toLowerCase() === host.toLowerCase()
}

/** The name without port and brackets; undefined where it is none. */
function hostNameOf(host: string): string | undefined {
  const [, v6, name] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/@[\]]+))(?::\d{1,5})?$/.exec(host) ?? []
  return (v6 ?? name)?.toLowerCase().replace(/\.$/, '')
}

function isTrustedName(name: string, allowed: readonly string[]): boolean {
  if (isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost')) return true
  return allowed.some((entry) => {
    const wanted = entry.toLowerCase()
    return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) : name === wanted
  })
}
