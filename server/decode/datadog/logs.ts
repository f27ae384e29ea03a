import { Buffer } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import { DecodeError } from '../../model/sink.ts'
import type { DecodeContext } from '../decode-context.ts'
import { attributeOf, type LogLine, sortLogLine } from '../log-line-fields.ts'
import { LogRecords } from '../log-records.ts'
import { stringAttribute } from '../span-records.ts'
import { isObject, type JsonObject, type JsonValue, jsonText, kindOf, parseJson } from '../wire/json-document.ts'
import { splitTags } from './tags.ts'
import { idBytes } from './values.ts'

/** Levels of objects and arrays within one another in a record. */
const maxDepth = 64

/** Tags that describe the source, under OpenTelemetry's names. */
const resourceNames: Readonly<Record<string, string>> = {
  env: 'deployment.environment.name',
  version: 'service.version',
  kube_namespace: 'k8s.namespace.name',
  kube_deployment: 'k8s.deployment.name',
  pod_name: 'k8s.pod.name',
  kube_container_name: 'k8s.container.name',
  container_id: 'container.id',
}

/**
 * Decodes Datadog's log intake: a JSON array of records, or one record. `message`, `status`, `service`, `hostname` and
 * `timestamp` become fields, `dd.trace_id` and `dd.span_id` (decimal, or 32 digits in hex) ids, `ddtags` attributes (those
 * that describe the source belong to the resource), `ddsource` the attribute of that name, all else attributes.
 * Rejected alone: a record that is no object, or beyond a limit. Throws: DecodeError where the body is no JSON.
 * Source: https://docs.datadoghq.com/api/latest/logs/#send-logs
 */
export function decodeDatadogLogs(body: Uint8Array, context: DecodeContext): LogBatch {
  const records = new LogRecords(context, body.length)
  const nothing = { bytes: Buffer.alloc(0), start: 0, end: 0 }
  const parsed = body.length === 0 ? [] : parseJson(body, maxDepth)
  for (const [i, value] of (Array.isArray(parsed) ? parsed : [parsed]).entries()) {
    const path = (): string => `logs[${i}]`
    try {
      records.add(lineOf(value), nothing, path)
    } catch (error) {
      records.reject(error, path)
    }
  }
  return records.finish()
}

function lineOf(value: JsonValue): LogLine {
  if (!isObject(value)) throw new DecodeError(`is ${kindOf(value)}, expected an object`, 'log')
  const { ddtags, status, ...rest } = value
  const fields: JsonObject = status === undefined || rest.level !== undefined ? value : { ...rest, level: status }
  const line = sortLogLine(Object.fromEntries(Object.entries(fields).filter(([key]) => key !== 'ddtags')))
  const resource = [...line.resource]
  const attributes = line.attributes.filter(({ key }) => key !== 'dd.trace_id' && key !== 'dd.span_id')
  for (const [tag, text] of typeof ddtags === 'string' ? splitTags(ddtags.split(',')) : []) {
    const key = Object.hasOwn(resourceNames, tag) ? resourceNames[tag] : undefined
    if (key === undefined) attributes.push(stringAttribute(tag, text))
    else if (!resource.some((known) => known.key === key)) resource.push(stringAttribute(key, text))
  }
  const id = (key: string): string => line.attributes.find((attribute) => attribute.key === key)?.value ?? ''
  return {
    ...line,
    body: line.body ?? attributeOf('', jsonText(value)),
    traceId: line.traceId ?? idOf(id('dd.trace_id'), 16),
    spanId: line.spanId ?? idOf(id('dd.span_id'), 8),
    resource,
    attributes,
  }
}

/** An id that stands in decimal, or in hex in its full length; null where it is neither. */
function idOf(text: string, bytes: 8 | 16): Buffer | null {
  if (bytes === 16 && /^[0-9a-f]{32}$/i.test(text)) return Buffer.from(text, 'hex')
  if (!/^[0-9]{1,20}$/.test(text) || /^0+$/.test(text)) return null
  const id = idBytes(BigInt(text))
  return bytes === 8 ? id : Buffer.concat([Buffer.alloc(8), id])
}
