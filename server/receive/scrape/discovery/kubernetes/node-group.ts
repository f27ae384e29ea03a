import { joinHostPort, labelNameOf } from '../../meta-label.ts'
import { objectLabels } from './meta-labels.ts'
import type { Node } from './objects.ts'
import type { BuildGroup } from './related.ts'

/** Which address of a node is taken: the first of these that it has. Source: Prometheus 3. */
const preferredTypes = ['InternalIP', 'InternalDNS', 'ExternalIP', 'ExternalDNS', 'LegacyHostIP', 'Hostname']

/** One target: the kubelet. A node without an address has none. */
export const nodeGroup: BuildGroup<Node> = (node) => {
  const firsts = new Map<string, string>()
  for (const { type, address } of node.addresses) if (!firsts.has(type)) firsts.set(type, address)
  const type = preferredTypes.find((one) => firsts.has(one))
  if (type === undefined) return { targets: [], labels: {} }
  const target: Record<string, string> = {
    __address__: joinHostPort(firsts.get(type) ?? '', node.kubeletPort),
    instance: node.meta.name,
  }
  for (const [kind, address] of firsts) target[`__meta_kubernetes_node_address_${labelNameOf(kind)}`] = address
  const labels = { ...objectLabels(node, 'node'), __meta_kubernetes_node_provider_id: node.providerId }
  return { targets: [target], labels }
}
