import type { Attribute } from '../../model/columns.ts'
import { type LogKey, type LogKeys, newLogKey } from '../log-line/log-keys.ts'
import type { PlainLines } from '../log-line/plain-lines.ts'
import type { KeyedEntries, SortedLine } from '../log-line/sorted-line.ts'
import { type LogLine, sortLogLine } from '../log-line-fields.ts'
import type { JsonObject } from '../wire/json-document.ts'

/** Fields of Elastic's Common Schema, and of Fluent Bit's Kubernetes filter, under OpenTelemetry's names where these differ. */
const otelNames: Readonly<Record<string, string>> = {
  'service.environment': 'deployment.environment.name',
  'service.node.name': 'service.instance.id',
  'error.type': 'exception.type',
  'error.message': 'exception.message',
  'error.stack_trace': 'exception.stacktrace',
  'process.thread.id': 'thread.id',
  'process.thread.name': 'thread.name',
  'log.origin.file.name': 'code.file.path',
  'log.origin.file.line': 'code.line.number',
  'log.origin.function': 'code.function.name',
  'kubernetes.namespace': 'k8s.namespace.name',
  'kubernetes.namespace_name': 'k8s.namespace.name',
  'kubernetes.pod.name': 'k8s.pod.name',
  'kubernetes.pod_name': 'k8s.pod.name',
  'kubernetes.pod.uid': 'k8s.pod.uid',
  'kubernetes.pod_id': 'k8s.pod.uid',
  'kubernetes.container.name': 'k8s.container.name',
  'kubernetes.container_name': 'k8s.container.name',
  'kubernetes.node.name': 'k8s.node.name',
  'kubernetes.host': 'k8s.node.name',
  'kubernetes.deployment.name': 'k8s.deployment.name',
  'kubernetes.statefulset.name': 'k8s.statefulset.name',
  'kubernetes.daemonset.name': 'k8s.daemonset.name',
  'kubernetes.cronjob.name': 'k8s.cronjob.name',
  'kubernetes.job.name': 'k8s.job.name',
  'orchestrator.cluster.name': 'k8s.cluster.name',
}

/** What names the service where no `service.name` does, the surest first. */
const serviceKeys = [
  'k8s.deployment.name',
  'k8s.statefulset.name',
  'k8s.daemonset.name',
  'k8s.container.name',
  'container.name',
]

/** Renamed keys that describe the source of the record. */
const resourceKey = /^(service|k8s|deployment)\./

/**
 * A document as a log record: the fields that loggers use (`log-line-fields.ts`, ECS' own among them), the rest of ECS
 * under OpenTelemetry's names where the table above has one, and under their own otherwise.
 * A field whose OpenTelemetry name stands in the document already keeps its own.
 */
export function readEcsDocument(document: JsonObject): LogLine {
  const line = sortLogLine(document)
  const isNamed = line.resource.some(({ key }) => key === 'service.name')
  if (isNamed && !line.resource.some(isRenamed) && !line.attributes.some(isRenamed)) return line
  const resource = new Map(line.resource.map((attribute) => [attribute.key, attribute]))
  const attributes = new Map(line.attributes.map((attribute) => [attribute.key, attribute]))
  for (const from of [resource, attributes])
    for (const attribute of [...from.values()]) {
      const key = Object.hasOwn(otelNames, attribute.key) ? otelNames[attribute.key] : undefined
      if (key === undefined || attributes.has(key) || resource.has(key)) continue
      from.delete(attribute.key)
      const to = resourceKey.test(key) ? resource : attributes
      to.set(key, { ...attribute, key })
    }
  if (!resource.has('service.name')) nameService(resource)
  return { ...line, resource: [...resource.values()], attributes: [...attributes.values()] }
}

function isRenamed({ key }: Attribute): boolean {
  return Object.hasOwn(otelNames, key)
}

function nameService(resource: Map<string, Attribute>): void {
  for (const key of serviceKeys) {
    const value = resource.get(key)?.value
    if (value === undefined || value === '') continue
    resource.set('service.name', { key: 'service.name', type: 's', value })
    return
  }
}

const serviceKey = newLogKey('service.name')

/** The same with a line of entries, in place. */
export function nameEcsEntries({ line, entries }: PlainLines): void {
  rename(line.resource, line, entries.keys)
  rename(line.attributes, line, entries.keys)
  if (line.resource.placeOf('service.name') >= 0) return
  for (const key of serviceKeys) {
    const place = line.resource.placeOf(key)
    const entry = place < 0 ? -1 : line.resource.entries[place]
    if (entry < 0 || entries.ends[entry] === entries.starts[entry]) continue
    if (entries.addText(serviceKey, entry)) line.resource.add(serviceKey, entries.count - 1)
    return
  }
}

function rename(from: KeyedEntries, line: SortedLine, keys: LogKeys): void {
  const { count } = from
  let kept = 0
  for (let i = 0; i < count; i++) {
    const key = from.keys[kept]
    const renamed = renamedKey(key, keys)
    // A key that stands in the document has been claimed.
    if (renamed === null || !keys.claim(renamed)) {
      kept++
      continue
    }
    const entry = from.entries[kept]
    from.remove(kept)
    ;(resourceKey.test(renamed.text) ? line.resource : line.attributes).add(renamed, entry)
  }
}

function renamedKey(key: LogKey, keys: LogKeys): LogKey | null {
  if (key.renamed === undefined)
    key.renamed = Object.hasOwn(otelNames, key.text) ? keys.keyOf(otelNames[key.text]) : null
  return key.renamed
}
