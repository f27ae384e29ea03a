import { labelNameOf } from '../../meta-label.ts'
import type { Container, KubernetesObject, Node, ObjectMeta, Pod } from './objects.ts'

/** Meta labels in the making. Source of all names: Prometheus 3, kubernetes_sd_config. */
export type MetaLabels = Record<string, string>

const prefix = '__meta_kubernetes_'

/** Labels and annotations of an object, each with a label that says that it is there. */
function addLabelsAndAnnotations(labels: MetaLabels, meta: ObjectMeta, kind: string): void {
  for (const [part, entries] of [
    ['label', meta.labels],
    ['annotation', meta.annotations],
  ] as const)
    for (const [name, value] of Object.entries(entries)) {
      const safe = labelNameOf(name)
      labels[`${prefix}${kind}_${part}_${safe}`] = value
      labels[`${prefix}${kind}_${part}present_${safe}`] = 'true'
    }
}

/** Those of every object of a role: its namespace, where it has one, its name, labels and annotations. */
export function objectLabels({ meta }: KubernetesObject, kind: string): MetaLabels {
  const labels: MetaLabels = {}
  if (meta.namespace !== '') labels[`${prefix}namespace`] = meta.namespace
  labels[`${prefix}${kind}_name`] = meta.name
  addLabelsAndAnnotations(labels, meta, kind)
  return labels
}

/** Of a node that something runs on (`attach_metadata`): without annotations. */
export function attachedNodeLabels({ meta }: Node): MetaLabels {
  const labels: MetaLabels = { [`${prefix}node_name`]: meta.name }
  addLabelsAndAnnotations(labels, { ...meta, annotations: {} }, 'node')
  return labels
}

/** Of the namespace that something stands in (`attach_metadata`). */
export function attachedNamespaceLabels({ meta }: KubernetesObject): MetaLabels {
  const labels: MetaLabels = {}
  addLabelsAndAnnotations(labels, meta, 'namespace')
  return labels
}

export function podLabels(pod: Pod): MetaLabels {
  const labels = objectLabels(pod, 'pod')
  labels[`${prefix}pod_ip`] = pod.ip
  labels[`${prefix}pod_ready`] = pod.ready
  labels[`${prefix}pod_phase`] = pod.phase
  labels[`${prefix}pod_node_name`] = pod.nodeName
  labels[`${prefix}pod_host_ip`] = pod.hostIp
  labels[`${prefix}pod_uid`] = pod.uid
  if (pod.controllerKind !== '') labels[`${prefix}pod_controller_kind`] = pod.controllerKind
  if (pod.controllerName !== '') labels[`${prefix}pod_controller_name`] = pod.controllerName
  return labels
}

/** `port`: the one that is scraped, if there is one. */
export function containerLabels(container: Container, port: Container['ports'][number] | null): MetaLabels {
  const labels: MetaLabels = {
    [`${prefix}pod_container_name`]: container.name,
    [`${prefix}pod_container_image`]: container.image,
    [`${prefix}pod_container_init`]: String(container.isInit),
  }
  if (port === null) return labels
  labels[`${prefix}pod_container_port_name`] = port.name
  labels[`${prefix}pod_container_port_number`] = String(port.number)
  labels[`${prefix}pod_container_port_protocol`] = port.protocol
  return labels
}
