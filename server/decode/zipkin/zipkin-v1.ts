import type { JsonObject } from '../wire/json-document.ts'
import { endpointField, numberField, objectsField, textField, valueText } from './zipkin-fields.ts'
import { noEndpoint, type ZipkinEndpoint, type ZipkinKind, type ZipkinSpan } from './zipkin-span.ts'

/** A table for words from outside: it has these and nothing that every object has. */
function tableOf<T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.assign(Object.create(null) as Record<string, T>, entries)
}

/** Annotations that begin and end a side of a call, and what they make of the span. Source: zipkinCore.thrift. */
const begins = tableOf<ZipkinKind>({ cs: 'CLIENT', sr: 'SERVER', ms: 'PRODUCER', mr: 'CONSUMER' })
const ends = tableOf<ZipkinKind>({ cr: 'CLIENT', ss: 'SERVER', ws: 'PRODUCER' })
/** Begins the side of a consumer whose end is `mr`. */
const wireReceive = 'wr'

/** Binary annotations whose endpoint is the other side of the call. */
const addresses = tableOf<readonly ZipkinKind[]>({ sa: ['CLIENT'], ca: ['SERVER'], ma: ['PRODUCER', 'CONSUMER'] })

/** Whether a span is one of v1: only those have `binaryAnnotations`, or annotations with endpoints. */
export function isV1Span(value: JsonObject): boolean {
  if (value.binaryAnnotations !== undefined) return true
  if (value.localEndpoint !== undefined || value.kind !== undefined || value.tags !== undefined) return false
  const { annotations } = value
  return (
    Array.isArray(annotations) &&
    annotations.some((one) => typeof one === 'object' && one !== null && 'endpoint' in one)
  )
}

interface Timed {
  readonly timestamp: number
  readonly value: string
  readonly endpoint: ZipkinEndpoint
}
interface Named {
  readonly key: string
  readonly value: string
  readonly endpoint: ZipkinEndpoint
}

/**
 * A span of v1 as spans of v2: one per side of the call that it holds (two where client and server report under one
 * span, the server's is then `shared`), or one local span. Events and tags go to the side whose service has reported them, else to the first.
 * Source: Zipkin's V1SpanConverter (behaviour), https://github.com/openzipkin/zipkin-api/blob/master/thrift/zipkinCore.thrift
 */
export function spansOfV1(value: JsonObject): ZipkinSpan[] {
  const timed: Timed[] = objectsField(value, 'annotations').map((one) => ({
    timestamp: numberField(one, 'timestamp'),
    value: textField(one, 'value'),
    endpoint: endpointField(one, 'endpoint'),
  }))
  const named: Named[] = objectsField(value, 'binaryAnnotations').map((one) => ({
    key: textField(one, 'key'),
    value: valueText(one.value),
    endpoint: endpointField(one, 'endpoint'),
  }))
  const sides = sidesOf(timed, named)
  return sides.map((side, i) => spanOfSide(value, { side, sides, isFirst: i === 0, timed, named }))
}

interface Side {
  readonly kind: ZipkinKind | ''
  readonly local: ZipkinEndpoint
  /** Microseconds; 0: not said by annotations. */
  readonly begin: number
  readonly end: number
}

function sidesOf(timed: readonly Timed[], named: readonly Named[]): Side[] {
  const kinds = new Set(timed.flatMap(({ value }) => begins[value] ?? ends[value] ?? []))
  const sides = [...kinds].map((kind): Side => {
    const begin = timed.find(({ value }) => begins[value] === kind)
    const end = timed.find(({ value }) => ends[value] === kind)
    const wire = kind === 'CONSUMER' ? timed.find(({ value }) => value === wireReceive) : undefined
    const local = (begin ?? end)?.endpoint ?? noEndpoint
    if (wire !== undefined) return { kind, local, begin: wire.timestamp, end: begin?.timestamp ?? 0 }
    return { kind, local, begin: begin?.timestamp ?? 0, end: end?.timestamp ?? 0 }
  })
  if (sides.length > 0) return sides.sort((a, b) => Number(a.kind === 'SERVER') - Number(b.kind === 'SERVER'))
  const address = named.find(({ key }) => key in addresses)
  const kind = address === undefined || address.key === 'ma' ? '' : addresses[address.key][0]
  const local =
    [...timed, ...named].find((one) => one !== address && one.endpoint !== noEndpoint)?.endpoint ?? noEndpoint
  return [{ kind, local, begin: 0, end: 0 }]
}

interface SideContext {
  readonly side: Side
  readonly sides: readonly Side[]
  readonly isFirst: boolean
  readonly timed: readonly Timed[]
  readonly named: readonly Named[]
}

function spanOfSide(value: JsonObject, { side, sides, isFirst, timed, named }: SideContext): ZipkinSpan {
  const isOwn = ({ endpoint }: { endpoint: ZipkinEndpoint }): boolean => {
    const owner = sides.find(({ local }) => local.serviceName === endpoint.serviceName && endpoint !== noEndpoint)
    return owner === undefined ? isFirst : owner === side
  }
  const remote = named.find(({ key }) => side.kind !== '' && addresses[key]?.includes(side.kind) === true)
  const isMark = ({ value: mark }: Timed): boolean => mark in begins || mark in ends || mark === wireReceive
  const timestamp = numberField(value, 'timestamp')
  const duration = numberField(value, 'duration')
  const shared = side.kind === 'SERVER' && (!isFirst || timestamp === 0)
  const took = side.begin !== 0 && side.end >= side.begin ? side.end - side.begin : 0
  return {
    traceId: textField(value, 'traceId'),
    id: textField(value, 'id'),
    parentId: textField(value, 'parentId'),
    name: textField(value, 'name'),
    kind: side.kind,
    // The whole's own times are those of its first side.
    timestamp: (isFirst ? timestamp : 0) || side.begin || side.end,
    duration: (isFirst ? duration : 0) || took,
    local: side.local,
    remote: remote?.endpoint ?? noEndpoint,
    annotations: timed.filter((one) => !isMark(one) && isOwn(one)),
    tags: named
      .filter((one) => !(one.key in addresses) && !(one.key === 'lc' && one.value === '') && isOwn(one))
      .map((one) => [one.key, one.value]),
    shared,
    debug: value.debug === true,
  }
}
