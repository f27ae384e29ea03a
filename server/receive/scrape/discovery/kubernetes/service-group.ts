import { joinHostPort } from '../../meta-label.ts'
import { attachedNamespaceLabels, objectLabels } from './meta-labels.ts'
import type { Service } from './objects.ts'
import type { BuildGroup } from './related.ts'

/** One target per port, under the name of the service in the cluster. */
export const serviceGroup: BuildGroup<Service> = (service, related) => {
  const { name, namespace } = service.meta
  const attached = related.namespace(namespace)
  const labels = {
    ...objectLabels(service, 'service'),
    ...(attached === undefined ? {} : attachedNamespaceLabels(attached)),
  }
  const targets = service.ports.map((port) => ({
    __address__: joinHostPort(`${name}.${namespace}.svc`, port.number),
    __meta_kubernetes_service_port_name: port.name,
    __meta_kubernetes_service_port_number: String(port.number),
    __meta_kubernetes_service_port_protocol: port.protocol,
    __meta_kubernetes_service_type: service.type,
    ...addressOf(service),
  }))
  return { targets, labels }
}

function addressOf({ type, externalName, clusterIp, loadBalancerIp }: Service): Record<string, string> {
  if (type === 'ExternalName') return { __meta_kubernetes_service_external_name: externalName }
  if (type !== 'LoadBalancer') return { __meta_kubernetes_service_cluster_ip: clusterIp }
  return {
    __meta_kubernetes_service_cluster_ip: clusterIp,
    __meta_kubernetes_service_loadbalancer_ip: loadBalancerIp,
  }
}
