import type { z } from 'zod'
import { flag, list, mapping, period, section, text } from '../../config/config-values.ts'
import { faultOfHttpClient, httpClientShape } from '../../config/http-config.ts'

export const consulSchema = section({
  server: text.default('localhost:8500').refine((server) => server.trim() !== '', 'expected host:port'),
  path_prefix: text.default(''),
  scheme: text.default('http').refine((scheme) => scheme === 'http' || scheme === 'https', 'expected http or https'),
  token: text.optional(),
  username: text.optional(),
  password: text.optional(),
  datacenter: text.default(''),
  namespace: text.default(''),
  partition: text.default(''),
  /** Names; none: all. */
  services: list(text),
  /** All of them must be there. */
  tags: list(text),
  tag_separator: text.default(','),
  node_meta: mapping(text),
  /** An expression for the list of services. */
  filter: text.default(''),
  /** An expression for the instances of a service. */
  health_filter: text.default(''),
  allow_stale: flag.default(true),
  refresh_interval: period.default(30_000),
  ...httpClientShape,
}).superRefine((config, context) => {
  const fault = faultOfHttpClient(config) ?? faultOfLogin(config)
  if (fault !== null) context.addIssue({ code: 'custom', message: fault })
})

export type ConsulConfig = z.output<typeof consulSchema>

function faultOfLogin(config: {
  username?: string
  token?: string
  basic_auth?: unknown
  authorization?: unknown
  oauth2?: unknown
}) {
  const { username, token, basic_auth: basic, authorization, oauth2 } = config
  if (username !== undefined && basic !== undefined) return 'at most one of username and basic_auth may be given'
  if (token !== undefined && (authorization ?? oauth2) !== undefined)
    return 'at most one of token, authorization and oauth2 may be given'
  return null
}
