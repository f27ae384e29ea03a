import { joinHostPort } from '../../meta-label.ts'
import { attachedNamespaceLabels, attachedNodeLabels, containerLabels, podLabels } from './meta-labels.ts'
import type { Pod } from './objects.ts'
import type { BuildGroup } from './related.ts'

/** One target per port of each container; a container without ports is one target without a port. */
export const podGroup: BuildGroup<Pod> = (pod, related) => {
  // Not yet scheduled, or evicted.
  if (pod.ip === '') return { targets: [], labels: {} }
  const node = pod.nodeName === '' ? undefined : related.node(pod.nodeName)
  const namespace = related.namespace(pod.meta.namespace)
  const labels = {
    ...podLabels(pod),
    ...(node === undefined ? {} : attachedNodeLabels(node)),
    ...(namespace === undefined ? {} : attachedNamespaceLabels(namespace)),
  }
  const targets = pod.containers.flatMap((container) => {
    const id = { __meta_kubernetes_pod_container_id: container.id }
    if (container.ports.length === 0)
      return [{ __address__: bracketed(pod.ip), ...containerLabels(container, null), ...id }]
    return container.ports.map((port) => ({
      __address__: joinHostPort(pod.ip, port.number),
      ...containerLabels(container, port),
      ...id,
    }))
  })
  return { targets, labels }
}

/** An IPv6 address alone makes no URL. */
function bracketed(ip: string): string {
  return ip.includes(':') ? `[${ip}]` : ip
}
