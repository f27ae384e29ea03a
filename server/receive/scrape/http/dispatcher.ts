import { Agent, type Dispatcher, interceptors, ProxyAgent } from 'undici'
import type { ConnectionConfig } from '../config/http-config.ts'
import { type ChooseProxy, chooseProxy } from './proxy-choice.ts'

/** Most redirects followed. Source: Go's http.Client. */
const maxRedirects = 10

/** Content of a file of the configuration, trimmed. */
export type FromFile = (name: string) => Promise<string>

type DispatcherConfig = ConnectionConfig & { readonly follow_redirects: boolean }

/** How long a request may take is the caller's signal alone. */
const noTimeouts = { headersTimeout: 0, bodyTimeout: 0 }

/** Connections as the configuration asks for: certificates, proxies, redirects, a Unix socket. */
export async function createDispatcher(
  config: DispatcherConfig,
  fromFile: FromFile,
  socketPath?: string,
): Promise<Dispatcher> {
  const tls = await tlsOptions(config, fromFile)
  const direct = new Agent({ connect: { ...tls, socketPath }, ...noTimeouts })
  const choose = socketPath === undefined ? chooseProxy(config) : null
  const chosen = choose === null ? direct : new ProxyingDispatcher(direct, { choose, tls, config })
  if (!config.follow_redirects) return chosen
  return chosen.compose(interceptors.redirect({ maxRedirections: maxRedirects }))
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

interface Proxying {
  readonly choose: ChooseProxy
  readonly tls: Record<string, unknown>
  readonly config: ConnectionConfig
}

/** Sends each request directly or through the proxy that is chosen for its address. */
class ProxyingDispatcher extends Agent {
  readonly #direct: Agent
  readonly #proxying: Proxying
  /** By proxy and by the scheme of what is asked for. */
  readonly #proxies = new Map<string, ProxyAgent>()

  constructor(direct: Agent, proxying: Proxying) {
    super()
    this.#direct = direct
    this.#proxying = proxying
  }

  override dispatch(options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const origin = new URL(String(options.origin))
    const proxy = this.#proxying.choose(origin)
    if (proxy === null) return this.#direct.dispatch(options, handler)
    return this.#proxyFor(proxy, origin.protocol).dispatch(options, handler)
  }

  override destroy(): Promise<void> {
    const open = [super.destroy(), this.#direct.destroy(), ...[...this.#proxies.values()].map((one) => one.destroy())]
    return Promise.all(open).then(() => undefined)
  }

  /** https through a tunnel, http by asking the proxy. */
  #proxyFor(uri: string, protocol: string): ProxyAgent {
    const key = `${protocol} ${uri}`
    const known = this.#proxies.get(key)
    if (known !== undefined) return known
    const isTunnel = protocol === 'https:'
    const given = Object.entries(this.#proxying.config.proxy_connect_header)
    const headers = isTunnel ? Object.fromEntries(given.map(([name, values]) => [name, values.join(', ')])) : {}
    const { tls } = this.#proxying
    const proxy = new ProxyAgent({
      uri,
      headers,
      proxyTunnel: isTunnel,
      requestTls: tls,
      proxyTls: { ...tls, servername: undefined },
      ...noTimeouts,
    })
    this.#proxies.set(key, proxy)
    return proxy
  }
}
