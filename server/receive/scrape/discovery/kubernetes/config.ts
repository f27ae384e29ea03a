import { z } from 'zod'
import { flag, list, section, text } from '../../config/config-values.ts'
import { faultOfHttpClient, httpClientShape } from '../../config/http-config.ts'

export const roles = ['node', 'pod', 'service', 'endpoints', 'endpointslice', 'ingress'] as const

export type Role = (typeof roles)[number]

/** Of which resources a role may select. Source: Prometheus 3, kubernetes_sd_config. */
const selectable: Readonly<Record<Role, readonly Role[]>> = {
  node: ['node'],
  pod: ['pod'],
  service: ['service'],
  endpoints: ['pod', 'service', 'endpoints'],
  endpointslice: ['pod', 'service', 'endpointslice'],
  ingress: ['ingress'],
}

const fields = section({
  role: z.enum(roles, `expected one of ${roles.join(', ')}`),
  api_server: text.refine((url) => /^https?:\/\/[^/]/.test(url), 'expected a URL with http:// or https://').optional(),
  kubeconfig_file: text.optional(),
  namespaces: section({ own_namespace: flag.default(false), names: list(text) }).prefault({}),
  selectors: list(section({ role: z.enum(roles), label: text.default(''), field: text.default('') })),
  attach_metadata: section({ node: flag.default(false), namespace: flag.default(false) }).prefault({}),
  ...httpClientShape,
})

export type KubernetesConfig = z.output<typeof fields>

export const kubernetesSchema = fields.superRefine((config, context) => {
  const fault = faultOf(config) ?? faultOfHttpClient(config)
  if (fault !== null) context.addIssue({ code: 'custom', message: fault })
})

function faultOf(config: KubernetesConfig): string | null {
  const { role, api_server: server, kubeconfig_file: file, namespaces, selectors } = config
  if (server !== undefined && file !== undefined) return 'at most one of api_server and kubeconfig_file may be given'
  if (namespaces.own_namespace && (server ?? file) !== undefined)
    return 'own_namespace is known inside the cluster only, without api_server and kubeconfig_file'
  if (server === undefined && hasHttpSettings(config))
    return 'settings of the HTTP client (basic_auth, authorization, oauth2, bearer_token, tls_config) need api_server'
  const selected = selectors.map((selector) => selector.role)
  const wrong = selected.find((one) => !selectable[role].includes(one))
  if (wrong !== undefined) return `role ${role} takes selectors for ${selectable[role].join(', ')}, not for ${wrong}`
  const twice = selected.find((one, i) => selected.indexOf(one) < i)
  return twice === undefined ? null : `two selectors for ${twice}`
}

function hasHttpSettings(config: KubernetesConfig): boolean {
  const { basic_auth, authorization, oauth2, bearer_token, bearer_token_file, tls_config } = config
  return [basic_auth, authorization, oauth2, bearer_token, bearer_token_file, tls_config].some(
    (one) => one !== undefined,
  )
}
