import { Buffer } from 'node:buffer'
import type { JsonObject, JsonValue } from '../wire/json-document.ts'
import { MsgpackExtension, type MsgpackMap, type MsgpackValue } from '../wire/msgpack-reader.ts'

/** What the Kubernetes filter of Fluent Bit and Fluentd calls what OpenTelemetry names otherwise. */
const kubernetesNames: Readonly<Record<string, string>> = {
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
const dockerNames: Readonly<Record<string, string>> = {
  container_id: 'container.id',
  container_name: 'container.name',
  source: 'log.iostream',
}

/** Labels that name the application of a pod, the surest first. */
const applicationLabels = ['app.kubernetes.io/name', 'k8s-app', 'app']

/** A record as an object of JSON values, with the names that Fluentd's filters give to sources turned into ours. */
export function fluentRecord(map: MsgpackMap): JsonObject {
  const record = jsonOf(map) as Record<string, JsonValue>
  const { kubernetes } = record
  if (isRecord(kubernetes)) {
    delete record.kubernetes
    return { ...record, ...kubernetesKeys(kubernetes) }
  }
  if (typeof record.container_id !== 'string' || typeof record.source !== 'string') return record
  return renamed(record, dockerNames, '')
}

/** Keys as OpenTelemetry names them; labels and annotations one by one; the rest under `kubernetes.`. */
function kubernetesKeys({ labels, annotations, ...rest }: Record<string, JsonValue>): Record<string, JsonValue> {
  const keys = renamed(rest, kubernetesNames, 'kubernetes.')
  if (isRecord(labels)) {
    for (const [name, value] of Object.entries(labels)) keys[`k8s.pod.label.${name}`] = value
    const name = applicationLabels.map((label) => labels[label]).find((value) => typeof value === 'string')
    keys['service.name'] = name ?? rest.container_name ?? ''
  }
  if (isRecord(annotations))
    for (const [name, value] of Object.entries(annotations)) keys[`k8s.pod.annotation.${name}`] = value
  return keys
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

/** Binaries are text to Fluentd's older writers; values of other applications' types become base64. */
function jsonOf(value: MsgpackValue): JsonValue {
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  if (value instanceof MsgpackExtension) return value.bytes.toString('base64')
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, jsonOf(member as MsgpackValue)]))
}
