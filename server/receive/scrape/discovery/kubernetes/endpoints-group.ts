import { joinHostPort, labelNameOf } from '../../meta-label.ts'
import type { TargetGroup } from '../mechanism.ts'
import {
  attachedNamespaceLabels,
  attachedNodeLabels,
  containerLabels,
  type MetaLabels,
  objectLabels,
  podLabels,
} from './meta-labels.ts'
import type {
  EndpointAddress,
  EndpointPort,
  EndpointSlice,
  EndpointSubset,
  Endpoints,
  KubernetesObject,
  Pod,
} from './objects.ts'
import type { BuildGroup, Related } from './related.ts'

const serviceNameLabel = 'kubernetes.io/service-name'

/** One target per address and port, and one per port of their pods that no endpoint stands for. */
export const endpointsGroup: BuildGroup<Endpoints> = (endpoints, related) =>
  groupOf(endpoints, related, {
    kind: 'endpoints',
    serviceName: endpoints.meta.name,
    labels: {},
    subsets: endpoints.subsets,
    describe: endpointLabels,
  })

export const endpointSliceGroup: BuildGroup<EndpointSlice> = (slice, related) =>
  groupOf(slice, related, {
    kind: 'endpointslice',
    serviceName: slice.meta.labels[serviceNameLabel] ?? '',
    labels: { __meta_kubernetes_endpointslice_address_type: slice.addressType },
    subsets: [slice.subset],
    describe: sliceEndpointLabels,
  })

type Describe = (endpoint: EndpointAddress, port: EndpointPort) => MetaLabels

interface Form {
  readonly kind: string
  readonly serviceName: string
  readonly labels: MetaLabels
  readonly subsets: readonly EndpointSubset[]
  readonly describe: Describe
}

/** A pod that addresses stand for, with the ports that they name. */
interface SeenPod {
  readonly pod: Pod
  readonly ports: Set<number>
}

function groupOf(object: KubernetesObject, related: Related, form: Form): TargetGroup {
  const { namespace } = object.meta
  const service = form.serviceName === '' ? undefined : related.service(namespace, form.serviceName)
  const attached = related.namespace(namespace)
  const labels = {
    ...objectLabels(object, form.kind),
    ...form.labels,
    ...(service === undefined ? {} : objectLabels(service, 'service')),
    ...(attached === undefined ? {} : attachedNamespaceLabels(attached)),
  }
  const seen = new Map<Pod, SeenPod>()
  const targets: MetaLabels[] = []
  for (const { endpoints, ports } of form.subsets)
    for (const endpoint of endpoints)
      for (const port of ports) {
        const pod = podOf(endpoint, related)
        const described = {
          ...form.describe(endpoint, port),
          ...nodeLabelsOf(endpoint, related),
          ...(pod === undefined ? {} : podLabels(pod)),
          ...(pod === undefined ? {} : portLabelsOf(pod, port)),
        }
        for (const address of endpoint.addresses)
          targets.push({
            __address__: port.number === undefined ? address : joinHostPort(address, port.number),
            ...described,
          })
        if (pod === undefined) continue
        const entry = seen.get(pod) ?? { pod, ports: new Set() }
        if (port.number !== undefined) entry.ports.add(port.number)
        seen.set(pod, entry)
      }
  for (const { pod, ports } of seen.values()) targets.push(...otherPortsOf(pod, ports))
  return { targets, labels }
}

function podOf(
  { targetKind, targetNamespace = '', targetName = '' }: EndpointAddress,
  related: Related,
): Pod | undefined {
  return targetKind === 'Pod' ? related.pod(targetNamespace, targetName) : undefined
}

function nodeLabelsOf({ targetKind, targetName, nodeName }: EndpointAddress, related: Related): MetaLabels {
  const name = targetKind === 'Node' ? targetName : nodeName
  const node = name === undefined ? undefined : related.node(name)
  return node === undefined ? {} : attachedNodeLabels(node)
}

/** Of the container whose port an endpoint's is; the last one where several have it. */
function portLabelsOf(pod: Pod, { number, protocol = '' }: EndpointPort): MetaLabels {
  let labels: MetaLabels = {}
  for (const container of pod.containers) {
    const port = container.ports.find((one) => one.number === number)
    if (port !== undefined) labels = containerLabels(container, { ...port, protocol })
  }
  return labels
}

function otherPortsOf(pod: Pod, ports: ReadonlySet<number>): MetaLabels[] {
  if (pod.ip === '') return []
  return pod.containers.flatMap((container) =>
    container.ports
      .filter(({ number }) => !ports.has(number))
      .map((port) => ({
        __address__: joinHostPort(pod.ip, port.number),
        ...containerLabels(container, port),
        ...podLabels(pod),
      })),
  )
}

function endpointLabels(endpoint: EndpointAddress, port: EndpointPort): MetaLabels {
  return given({
    __meta_kubernetes_endpoint_port_name: port.name ?? '',
    __meta_kubernetes_endpoint_port_protocol: port.protocol ?? '',
    __meta_kubernetes_endpoint_ready: endpoint.ready,
    __meta_kubernetes_endpoint_address_target_kind: endpoint.targetKind,
    __meta_kubernetes_endpoint_address_target_name: endpoint.targetName,
    __meta_kubernetes_endpoint_node_name: endpoint.nodeName,
    __meta_kubernetes_endpoint_hostname: endpoint.hostname,
  })
}

function sliceEndpointLabels(endpoint: EndpointAddress, port: EndpointPort): MetaLabels {
  const labels = given({
    __meta_kubernetes_endpointslice_port_name: port.name,
    __meta_kubernetes_endpointslice_port_protocol: port.protocol,
    __meta_kubernetes_endpointslice_port: port.number,
    __meta_kubernetes_endpointslice_port_app_protocol: port.appProtocol,
    __meta_kubernetes_endpointslice_endpoint_conditions_ready: endpoint.ready,
    __meta_kubernetes_endpointslice_endpoint_conditions_serving: endpoint.serving,
    __meta_kubernetes_endpointslice_endpoint_conditions_terminating: endpoint.terminating,
    __meta_kubernetes_endpointslice_endpoint_hostname: endpoint.hostname,
    __meta_kubernetes_endpointslice_endpoint_node_name: endpoint.nodeName,
    __meta_kubernetes_endpointslice_endpoint_zone: endpoint.zone,
    __meta_kubernetes_endpointslice_address_target_kind: endpoint.targetKind,
    __meta_kubernetes_endpointslice_address_target_name: endpoint.targetName,
  })
  for (const [name, value] of Object.entries(endpoint.topology)) {
    labels[`__meta_kubernetes_endpointslice_endpoint_topology_${labelNameOf(name)}`] = value
    labels[`__meta_kubernetes_endpointslice_endpoint_topology_present_${labelNameOf(name)}`] = 'true'
  }
  return labels
}

/** Those that have a value, as text. */
function given(labels: Readonly<Record<string, string | number | boolean | undefined>>): MetaLabels {
  const kept: MetaLabels = {}
  for (const [name, value] of Object.entries(labels)) if (value !== undefined) kept[name] = String(value)
  return kept
}
