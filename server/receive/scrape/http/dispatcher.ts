import { Agent, type Dispatcher, interceptors, ProxyAgent } from 'undici'
import type { ConnectionConfig } from '../config/http-config.ts'
import { type ChooseProxy, chooseProxy } from './proxy-choice.ts'

/** Most redirects followed. Source: Go's http.Client. */
const maxRedirects = 10

/** Content of a file of the configuration, trimmed. */
export type FromFile = (name: string) => Promise<string>

type DispatcherConfig = ConnectionConfig & { readonly follow_redirects: boolean }

/**
 * How long a request may take is the caller's signal alone. Idle connections are kept for 5 minutes, as Prometheus does,
 * so that a scrape every minute needs no new one; less where the server says so.
 */
const timeouts = { headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 300_000 }

/** Open connections, and how requests go over them. */
export interface Connections {
  readonly dispatcher: Dispatcher
  /** Ends what runs. */
  destroy(): Promise<void>
}

/** Connections as the configuration asks for: certificates, proxies, redirects, a Unix socket. */
export async function openConnections(
  config: DispatcherConfig,
  fromFile: FromFile,
  socketPath?: string,
): Promise<Connections> {
  const tls = await tlsOptions(config, fromFile)
  const direct = new Agent({ connect: { ...tls, socketPath }, ...timeouts })
  const choose = socketPath === undefined ? chooseProxy(config) : null
  const proxies = new Proxies(tls, config)
  // The last one is asked first: a redirect chooses its proxy anew.
  const steps: Dispatcher.DispatcherComposeInterceptor[] = []
  if (choose !== null) steps.push(proxies.interceptor(choose))
  if (config.follow_redirects) steps.push(interceptors.redirect({ maxRedirections: maxRedirects }))
  return {
    dispatcher: steps.length === 0 ? direct : direct.compose(steps),
    async destroy() {
      await Promise.all([direct.destroy(), proxies.destroy()])
    },
  }
}

async function tlsOptions({ tls_config: tls }: ConnectionConfig, fromFile: FromFile): Promise<Record<string, unknown>> {
  const pem = async (inline?: string, file?: string) =>
    inline ?? (file === undefined ? undefined : await fromFile(file))
  const options = {
    ca: await pem(tls?.ca, tls?.ca_file),
    cert: await pem(tls?.cert, tls?.cert_file),
    key: await pem(tls?.key, tls?.key_file),
    servername: tls?.server_name,
    rejectUnauthorized: tls?.insecure_skip_verify !== true,
    minVersion: tlsVersion(tls?.min_version),
    maxVersion: tlsVersion(tls?.max_version),
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

/** `TLS12` as Node spells it. */
function tlsVersion(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  return name === 'TLS10' ? 'TLSv1' : `TLSv1.${name.slice(-1)}`
}

/** Connections to proxies, and through them. */
class Proxies {
  readonly #tls: Record<string, unknown>
  readonly #config: ConnectionConfig
  /** By proxy and by the scheme of what is asked for. */
  readonly #open = new Map<string, ProxyAgent>()

  constructor(tls: Record<string, unknown>, config: ConnectionConfig) {
    this.#tls = tls
    this.#config = config
  }

  interceptor(choose: ChooseProxy): Dispatcher.DispatcherComposeInterceptor {
    return (dispatch) => (options, handler) => {
      const origin = new URL(String(options.origin))
      const proxy = choose(origin)
      return proxy === null ? dispatch(options, handler) : this.#agentOf(proxy, origin).dispatch(options, handler)
    }
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#open.values()].map((proxy) => proxy.destroy()))
  }

  /** https goes through a tunnel, http is asked of the proxy. */
  #agentOf(uri: string, { protocol }: URL): ProxyAgent {
    const key = `${protocol} ${uri}`
    const known = this.#open.get(key)
    if (known !== undefined) return known
    const isTunnel = protocol === 'https:'
    const given = Object.entries(this.#config.proxy_connect_header)
    const headers = isTunnel ? Object.fromEntries(given.map(([name, values]) => [name, values.join(', ')])) : {}
    const { servername: _, ...proxyTls } = this.#tls
    const tls = { requestTls: this.#tls, proxyTls }
    const proxy = new ProxyAgent({ uri, headers, proxyTunnel: isTunnel, ...tls, ...timeouts })
    this.#open.set(key, proxy)
    return proxy
  }
}
