import { attachedNamespaceLabels, objectLabels } from './meta-labels.ts'
import type { Ingress } from './objects.ts'
import type { BuildGroup } from './related.ts'

/** One target per path of each rule. */
export const ingressGroup: BuildGroup<Ingress> = (ingress, related) => {
  const attached = related.namespace(ingress.meta.namespace)
  const labels = {
    ...objectLabels(ingress, 'ingress'),
    ...(ingress.className === undefined ? {} : { __meta_kubernetes_ingress_class_name: ingress.className }),
    ...(attached === undefined ? {} : attachedNamespaceLabels(attached)),
  }
  const targets = ingress.rules.flatMap(({ host, paths }) => {
    const isSecure = ingress.tlsHosts.some((pattern) => isHostOf(host, pattern))
    return paths.map((path) => ({
      __address__: host,
      __meta_kubernetes_ingress_scheme: isSecure ? 'https' : 'http',
      __meta_kubernetes_ingress_host: host,
      __meta_kubernetes_ingress_path: path,
    }))
  })
  return { targets, labels }
}

/** `*.example.com` stands for one name below it. */
function isHostOf(host: string, pattern: string): boolean {
  if (host === pattern) return true
  if (!pattern.startsWith('*.')) return false
  const dot = host.indexOf('.')
  return dot > 0 && host.slice(dot) === pattern.slice(1)
}
