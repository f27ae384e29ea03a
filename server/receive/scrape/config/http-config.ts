import { z } from 'zod'
import { flag, list, mapping, section, text } from './config-values.ts'

const basicAuth = section({
  username: text.optional(),
  username_file: text.optional(),
  password: text.optional(),
  password_file: text.optional(),
})

const authorization = section({
  type: text.default('Bearer'),
  credentials: text.optional(),
  credentials_file: text.optional(),
})

const tlsVersions = ['TLS10', 'TLS11', 'TLS12', 'TLS13'] as const

const tlsConfig = section({
  ca: text.optional(),
  ca_file: text.optional(),
  cert: text.optional(),
  cert_file: text.optional(),
  key: text.optional(),
  key_file: text.optional(),
  server_name: text.optional(),
  insecure_skip_verify: flag.default(false),
  min_version: z.enum(tlsVersions).optional(),
  max_version: z.enum(tlsVersions).optional(),
})

const proxyShape = {
  /** http:// or https://. */
  proxy_url: text
    .refine((url) => /^https?:\/\/[^/]/.test(url) && URL.canParse(url), 'expected a URL with http:// or https://')
    .optional(),
  /** Hosts, domains, addresses and CIDR blocks, by commas, that are spoken to directly. */
  no_proxy: text.optional(),
  proxy_from_environment: flag.default(false),
  /** Sent with CONNECT. */
  proxy_connect_header: mapping(list(text)),
}

const oauth2 = section({
  client_id: text,
  client_secret: text.optional(),
  client_secret_file: text.optional(),
  scopes: list(text),
  token_url: text.refine((url) => /^https?:\/\/[^/]/.test(url), 'expected a URL with http:// or https://'),
  endpoint_params: mapping(text),
  tls_config: tlsConfig.optional(),
  ...proxyShape,
})

/** How a target or a discovery endpoint is spoken to: part of `scrape_configs` and of `http_sd_configs`. */
export const httpClientShape = {
  basic_auth: basicAuth.optional(),
  authorization: authorization.optional(),
  bearer_token: text.optional(),
  bearer_token_file: text.optional(),
  tls_config: tlsConfig.optional(),
  follow_redirects: flag.default(true),
  /** Taken and of no effect: HTTP/1.1 is spoken. */
  enable_http2: flag.default(true),
  http_headers: mapping(section({ values: list(text), secrets: list(text), files: list(text) })),
  oauth2: oauth2.optional(),
  ...proxyShape,
}

export const httpClientSchema = z.object(httpClientShape)

/** As checked by `httpClientShape`; file names are as in the configuration (see `resolveIn`). */
export type HttpClientConfig = z.output<typeof httpClientSchema>

/** The part of it that says how a connection is made. */
export type ConnectionConfig = Pick<HttpClientConfig, 'tls_config' | keyof typeof proxyShape>

export type OAuth2Config = z.output<typeof oauth2>

/** What does not go together, in words; null: all is well. */
export function faultOfHttpClient(config: HttpClientConfig): string | null {
  const { basic_auth: basic, authorization: other, oauth2 } = config
  const ways = [basic, other, oauth2, config.bearer_token ?? config.bearer_token_file]
  if (ways.filter((way) => way !== undefined).length > 1)
    return 'at most one of basic_auth, authorization, oauth2 and bearer_token may be given'
  if (basic?.password !== undefined && basic.password_file !== undefined)
    return 'at most one of password and password_file may be given in basic_auth'
  if (basic?.username !== undefined && basic.username_file !== undefined)
    return 'at most one of username and username_file may be given in basic_auth'
  if (other?.credentials !== undefined && other.credentials_file !== undefined)
    return 'at most one of credentials and credentials_file may be given in authorization'
  if (other?.type.toLowerCase() === 'basic') return 'authorization of type basic: use basic_auth instead'
  return faultOfProxy(config) ?? (oauth2 === undefined ? null : faultOfOAuth2(oauth2))
}

function faultOfOAuth2(oauth2: OAuth2Config): string | null {
  if (oauth2.client_id === '') return 'oauth2 needs a client_id'
  if ((oauth2.client_secret === undefined) === (oauth2.client_secret_file === undefined))
    return 'oauth2 needs one of client_secret and client_secret_file'
  return faultOfProxy(oauth2)
}

function faultOfProxy(config: ConnectionConfig): string | null {
  const { proxy_url: url, no_proxy: noProxy, proxy_from_environment: isFromEnvironment } = config
  if (isFromEnvironment && (url ?? noProxy) !== undefined)
    return 'proxy_from_environment goes with neither proxy_url nor no_proxy'
  if (noProxy !== undefined && url === undefined) return 'no_proxy needs proxy_url'
  if (Object.keys(config.proxy_connect_header).length > 0 && url === undefined && !isFromEnvironment)
    return 'proxy_connect_header needs proxy_url or proxy_from_environment'
  return null
}
