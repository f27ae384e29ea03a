import { Buffer } from 'node:buffer'
import type { JsonObject, JsonValue } from '../wire/json-document.ts'
import { MsgpackExtension, type MsgpackMap, type MsgpackValue } from '../wire/msgpack-reader.ts'

/** What the Kubernetes filter of Fluent Bit and Fluentd calls what OpenTelemetry names otherwise. */
export const kubernetesNames: Readonly<Record<string, string>> = {
  namespace_name: 'k8s.namespace.name',
  pod_name: 'k8s.pod.name',
  pod_id: 'k8s.pod.uid',
  pod_ip: 'k8s.pod.ip',
  container_name: 'k8s.container.name',
  container_image: 'container.image.name',
  docker_id: 'container.id',
  host: 'k8s.node.name',
}

/** What Docker's `fluentd` log driver adds to each line. */
export const dockerNames: Readonly<Record<string, string>> = {
  container_id: 'container.id',
  container_name: 'container.name',
  source: 'log.iostream',
}

/** Labels that name the application of a pod, the surest first. */
export const applicationLabels = ['app.kubernetes.io/name', 'k8s-app', 'app']

/** A record as an object of JSON values, with the names that Fluentd's filters give to sources turned into ours. `map` is used up. */
export function fluentRecord(map: MsgpackMap): JsonObject {
  const record = jsonOf(map) as Record<string, JsonValue>
  const { kubernetes } = record
  if (isRecord(kubernetes)) {
    delete record.kubernetes
    addKubernetesKeys(record, kubernetes)
    return record
  }
  if (typeof record.container_id !== 'string' || typeof record.source !== 'string') return record
  return renamed(record, dockerNames, '')
}

/** Keys as OpenTelemetry names them; labels and annotations one by one; the rest under `kubernetes.`. */
function addKubernetesKeys(record: Record<string, JsonValue>, kubernetes: Record<string, JsonValue>): void {
  for (const key in kubernetes)
    if (key !== 'labels' && key !== 'annotations')
      record[Object.hasOwn(kubernetesNames, key) ? kubernetesNames[key] : `kubernetes.${key}`] = kubernetes[key]
  const { labels, annotations } = kubernetes
  if (isRecord(labels)) {
    for (const name in labels) record[`k8s.pod.label.${name}`] = labels[name]
    const name = applicationLabels.map((label) => labels[label]).find((value) => typeof value === 'string')
    record['service.name'] = name ?? kubernetes.container_name ?? ''
  }
  if (isRecord(annotations)) for (const name in annotations) record[`k8s.pod.annotation.${name}`] = annotations[name]
}

function renamed(
  record: Record<string, JsonValue>,
  names: Readonly<Record<string, string>>,
  prefix: string,
): Record<string, JsonValue> {
  const entries = Object.entries(record)
  return Object.fromEntries(
    entries.map(([key, value]) => [Object.hasOwn(names, key) ? names[key] : prefix + key, value]),
  )
}

function isRecord(value: JsonValue | undefined): value is Record<string, JsonValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Binaries are text to Fluentd's older writers; values of other applications' types become base64. Arrays and objects
 * are changed in place.
 */
function jsonOf(value: MsgpackValue): JsonValue {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value !== 'object' || value === null) return value
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  if (value instanceof MsgpackExtension) return value.bytes.toString('base64')
  if (Array.isArray(value)) return value.map(jsonOf)
  const members = value as Record<string, MsgpackValue>
  for (const key in members) {
    const member = members[key]
    const json = jsonOf(member)
    if (json !== member) Object.defineProperty(members, key, { value: json })
  }
  return members as Record<string, JsonValue>
}
