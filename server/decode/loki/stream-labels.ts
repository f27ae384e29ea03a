import { Buffer } from 'node:buffer'
import type { Attribute } from '../../model/columns.ts'
import { DecodeError } from '../../model/sink.ts'
import type { Fault, RowJudge } from '../decode-context.ts'

/** Labels of one Loki stream, in the sender's order. */
export type StreamLabels = readonly (readonly [name: string, value: string])[]

/** What the labels of a stream say of all its entries. */
export interface StreamOrigin {
  readonly attributes: readonly Attribute[]
  /** Level of the stream as it was sent; '' where no label names one. */
  readonly severityText: string
}

/** A stream's labels, and what is made of them. */
export interface StreamSource extends StreamOrigin {
  readonly labels: StreamLabels
  /** JSON of the attributes. */
  readonly form: string
}

/** What is made of labels. */
export function sourceOfLabels(labels: StreamLabels): StreamSource {
  const origin = originOfStream(labels)
  return { ...origin, labels, form: JSON.stringify(origin.attributes) }
}

/** Labels that name the service, the surest first. Source: Loki, limits_config.discover_service_name. */
const serviceLabels = [
  'service_name',
  'service',
  'app',
  'application',
  'app_name',
  'name',
  'app_kubernetes_io_name',
  'container',
  'container_name',
  'k8s_container_name',
  'component',
  'workload',
  'job',
  'k8s_job_name',
]

/** Labels that name the machine. */
const hostLabels = ['host_name', 'hostname', 'host']

/** Names under which a level is sent, as label or as structured metadata, the surest first. */
export const levelNames = ['level', 'detected_level', 'severity', 'severity_text', 'lvl', 'loglevel', 'log_level']

/** Labels that Loki makes out of OpenTelemetry's resource attributes; they get their names back. Source: Loki, otlp_config. */
const dottedNames = new Map(
  [
    ...['service.namespace', 'service.instance.id', 'deployment.environment', 'deployment.environment.name'],
    ...['cloud.region', 'cloud.availability_zone', 'container.name'],
    ...['cluster', 'container', 'cronjob', 'daemonset', 'deployment', 'job', 'namespace', 'node', 'pod']
      .concat('replicaset', 'statefulset')
      .map((kind) => `k8s.${kind}.name`),
  ].map((name) => [name.replaceAll('.', '_'), name]),
)

/** Where the labels of a stream go: `service.name` and `host.name` by the rules above, a level, and one attribute each. */
function originOfStream(labels: StreamLabels): StreamOrigin {
  const values = new Map(labels.filter(([, value]) => value !== ''))
  const attributes = new Map<string, string>()
  const severityText = takeFirst(values, levelNames)
  const service = serviceOf(values)
  if (service !== undefined) attributes.set('service.name', service)
  values.delete('service_name')
  const host = hostLabels.find((name) => values.has(name))
  if (host !== undefined) attributes.set('host.name', values.get(host) ?? '')
  for (const [name, value] of values) attributes.set(dottedNames.get(name) ?? name, value)
  return {
    attributes: [...attributes].map(([key, value]) => ({ key, type: 's', value })),
    severityText: severityText ?? '',
  }
}

function serviceOf(values: ReadonlyMap<string, string>): string | undefined {
  const named = values.get('service.name')
  if (named !== undefined) return named
  const label = serviceLabels.find((name) => values.has(name))
  if (label === undefined) return undefined
  const value = values.get(label) ?? ''
  // Kubernetes agents write `namespace/name` into `job`; the same last step is the service of Prometheus' series.
  return label === 'job' ? (value.split('/').at(-1) ?? '') : value
}

function takeFirst(values: Map<string, string>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = values.get(name)
    if (value === undefined) continue
    values.delete(name)
    return value
  }
  return undefined
}

/** What is wrong with labels as the attributes of a resource, or null. */
export function faultOfLabels(labels: StreamLabels, judge: RowJudge): Fault | null {
  for (const [i, [name, value]] of labels.entries()) {
    if (!judge.judgeAttribute(i, Buffer.byteLength(name))) break
    judge.judgeText(`label ${name}`, Buffer.byteLength(value))
  }
  return judge.takeFault()
}

const labelPattern =
  /\s*(?:([A-Za-z_][A-Za-z0-9_.:]*)\s*=\s*(?:"((?:[^"\\\n]|\\.)*)"|`([^`]*)`)\s*(?:(,)|(?=\}))|(\})\s*$)/y

/**
 * Labels as protobuf requests and those of the old path have them: `{app="shop", level="info"}`, values in Go's
 * quotation marks or in backticks.
 * Throws: DecodeError with the character where it is something else.
 */
export function parseStreamLabels(text: string): StreamLabels {
  const labels: [string, string][] = []
  const open = /^\s*\{/.exec(text)
  if (open === null) throw new DecodeError('labels do not begin with {', 'character 0 of the labels')
  labelPattern.lastIndex = open[0].length
  for (;;) {
    const at = labelPattern.lastIndex
    const match = labelPattern.exec(text)
    if (match === null)
      throw new DecodeError('labels are not of the form {name="value", …}', `character ${at} of the labels`)
    const [, name, quoted, raw, , end] = match
    if (end !== undefined) return labels
    labels.push([name, quoted === undefined ? raw : unquoted(quoted, at)])
  }
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
}
const escapePattern = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/g

/** Text behind Go's escapes; `\x..` and octal ones stand for bytes of UTF-8. Source: Go, "Rune literals". */
function unquoted(text: string, at: number): string {
  if (!text.includes('\\')) return text
  const isBytes = /\\(?:x|[0-7])/.test(text)
  const source = isBytes ? Buffer.from(text, 'utf8').toString('latin1') : text
  const result = source.replace(escapePattern, (_whole, hex, short, long, octal, letter: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
    const character = letter === undefined ? codePoint(short ?? long) : escapes[letter]
    if (character === undefined)
      throw new DecodeError('a label value has an escape that Go does not know', `character ${at} of the labels`)
    return isBytes ? Buffer.from(character, 'utf8').toString('latin1') : character
  })
  return isBytes ? Buffer.from(result, 'latin1').toString('utf8') : result
}

function codePoint(hex: string): string | undefined {
  const code = Number.parseInt(hex, 16)
  return code > 0x10ffff ? undefined : String.fromCodePoint(code)
}
