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
}

/** Keys of Prometheus' HTTP client that are not followed here, with what that means. */
export const unsupportedHttpKeys: Readonly<Record<string, string>> = {
  oauth2: 'OAuth 2 is not supported yet: requests go out without a token',
  proxy_url: 'proxies are not supported yet: requests go out directly',
  no_proxy: 'proxies are not supported yet',
  proxy_from_environment: 'proxies are not supported yet: requests go out directly',
  proxy_connect_header: 'proxies are not supported yet',
}

export const httpClientSchema = z.object(httpClientShape)

/** As checked by `httpClientShape`; file names are as in the configuration (see `resolveIn`). */
export type HttpClientConfig = z.output<typeof httpClientSchema>

/** What does not go together, in words; null: all is well. */
export function faultOfHttpClient(config: HttpClientConfig): string | null {
  const { basic_auth: basic, authorization: other } = config
  const ways = [basic, other, config.bearer_token ?? config.bearer_token_file].filter((way) => way !== undefined)
  if (ways.length > 1) return 'at most one of basic_auth, authorization and bearer_token may be given'
  if (basic?.password !== undefined && basic.password_file !== undefined)
    return 'at most one of password and password_file may be given in basic_auth'
  if (basic?.username !== undefined && basic.username_file !== undefined)
    return 'at most one of username and username_file may be given in basic_auth'
  if (other?.credentials !== undefined && other.credentials_file !== undefined)
    return 'at most one of credentials and credentials_file may be given in authorization'
  if (other?.type.toLowerCase() === 'basic') return 'authorization of type basic: use basic_auth instead'
  return null
}
