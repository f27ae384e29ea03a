import { xxh64 } from '../../../journal/checksum.ts'
import type { Attribute } from '../../../model/columns.ts'
import type { InstrumentationScope, Resource } from '../../../model/resource.ts'
import { attributeOf } from '../../../model/resource.ts'
import type { TenantId } from '../../../model/tenant.ts'
import { resourceColumns, scopeColumns } from '../../schema/table-columns.ts'
import type { CommitNotes } from './encode-context.ts'
import type { NativeBlock } from './native-block.ts'
import { attributesOf, rowsOf, uint16Of, wordsOf } from './object-columns.ts'

/** Resources or scopes remembered at most; beyond it all are forgotten, and their rows written once more. */
const maxKnown = 100_000

/** What the rows of a batch say about where they come from, by index of its `resources` or `scopes`. */
export interface OriginFacts {
  /** 64-bit pairs. */
  readonly ids: Uint32Array
  readonly names: readonly string[]
}

/** Facts of resources; `names` are the services. */
export interface ResourceFacts extends OriginFacts {
  readonly namespaces: readonly string[]
  readonly pods: readonly string[]
  readonly hosts: readonly string[]
}

interface Known {
  readonly low: number
  readonly high: number
  readonly namespace: string
  readonly pod: string
  readonly host: string
  /** Day (since 1970) of arrival on which its row was written last; -1: never. */
  writtenDay: number
}

/** Where rows go and how long they are kept. */
export interface OriginPlace {
  readonly tenant: TenantId
  readonly retentionDays: number
  /** Days since 1970, of arrival: a resource row must not be dropped before the rows that point to it. */
  readonly day: number
}

interface Pending<T> extends OriginPlace {
  readonly origin: T
  readonly known: Known
}

/** Gives resources and scopes their ids, and collects the rows of those that are new on a day. */
export class Origins {
  readonly #known = new Map<string, Known>()
  #resources: Pending<Resource>[] = []
  #scopes: Pending<InstrumentationScope>[] = []

  resources(resources: readonly Resource[], place: OriginPlace, notes: CommitNotes): ResourceFacts {
    const known = resources.map((resource) => {
      const key = `r${placeKey(place)}${restKey(resource)}${attributesKey(resource.attributes)}`
      const found = this.#find(key, () => knownResource(resource))
      if (isNewOn(place.day, found, notes)) this.#resources.push({ ...place, origin: resource, known: found })
      return found
    })
    return {
      ids: idsOf(known),
      names: resources.map((resource) => attributeOf(resource, 'service.name')),
      namespaces: known.map(({ namespace }) => namespace),
      pods: known.map(({ pod }) => pod),
      hosts: known.map(({ host }) => host),
    }
  }

  scopes(scopes: readonly InstrumentationScope[], place: OriginPlace, notes: CommitNotes): OriginFacts {
    const known = scopes.map((scope) => {
      const key = `s${placeKey(place)}${scopeKey(scope)}${attributesKey(scope.attributes)}`
      const found = this.#find(key, () => knownScope(scope))
      if (found.low === 0 && found.high === 0) return found
      if (isNewOn(place.day, found, notes)) this.#scopes.push({ ...place, origin: scope, known: found })
      return found
    })
    return { ids: idsOf(known), names: scopes.map((scope) => scope.name) }
  }

  /** Writes the new resources into a block of `resources`; the number of rows. */
  encodeResources(block: () => NativeBlock): number {
    const rows = this.#resources
    this.#resources = []
    if (rows.length > 0) writeResources(block(), rows)
    return rows.length
  }

  encodeScopes(block: () => NativeBlock): number {
    const rows = this.#scopes
    this.#scopes = []
    if (rows.length > 0) writeScopes(block(), rows)
    return rows.length
  }

  #find(key: string, make: () => Known): Known {
    let known = this.#known.get(key)
    if (known === undefined) {
      if (this.#known.size >= maxKnown) this.#known.clear()
      known = make()
      this.#known.set(key, known)
    }
    return known
  }
}

function isNewOn(day: number, known: Known, notes: CommitNotes): boolean {
  const before = known.writtenDay
  if (day <= before) return false
  known.writtenDay = day
  notes.add(() => {
    known.writtenDay = before
  })
  return true
}

/** The id does not depend on the order of attributes, nor on the tenant. */
function knownResource(resource: Resource): Known {
  const sorted = [...resource.attributes].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const id = xxh64(Buffer.from(restKey(resource) + attributesKey(sorted)))
  return {
    ...wordsOf64(id),
    namespace: attributeOf(resource, 'k8s.namespace.name') || attributeOf(resource, 'service.namespace'),
    pod: attributeOf(resource, 'k8s.pod.name'),
    host: attributeOf(resource, 'host.name'),
    writtenDay: -1,
  }
}

function knownScope(scope: InstrumentationScope): Known {
  const rest = { namespace: '', pod: '', host: '', writtenDay: -1 }
  const isEmpty = scope.name === '' && scope.version === '' && scope.attributes.length === 0
  if (isEmpty && scope.schemaUrl === '' && scope.droppedAttributesCount === 0) return { low: 0, high: 0, ...rest }
  const sorted = [...scope.attributes].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return { ...wordsOf64(xxh64(Buffer.from(scopeKey(scope) + attributesKey(sorted)))), ...rest }
}

function placeKey(place: OriginPlace): string {
  return `${place.tenant}/${place.retentionDays}/`
}

function restKey(origin: Pick<Resource, 'schemaUrl' | 'droppedAttributesCount'>): string {
  return `${origin.droppedAttributesCount}/${origin.schemaUrl.length}:${origin.schemaUrl}`
}

function scopeKey(scope: InstrumentationScope): string {
  return `${scope.name.length}:${scope.name}${scope.version.length}:${scope.version}${restKey(scope)}`
}

function attributesKey(attributes: readonly Attribute[]): string {
  let key = ''
  for (const attribute of attributes)
    key += `${attribute.key.length}:${attribute.key}${attribute.type}${attribute.value.length}:${attribute.value}`
  return key
}

function wordsOf64(id: bigint): { low: number; high: number } {
  return { low: Number(id & 0xffffffffn), high: Number(id >> 32n) }
}

function idsOf(known: readonly Known[]): Uint32Array {
  const ids = new Uint32Array(known.length * 2)
  for (const [index, { low, high }] of known.entries()) {
    ids[index * 2] = low
    ids[index * 2 + 1] = high
  }
  return ids
}

function writeResources(block: NativeBlock, pending: readonly Pending<Resource>[]): void {
  const rows = rowsOf(pending.length)
  const attributes = attributesOf(pending.map(({ origin }) => origin.attributes))
  const words = (text: (row: Pending<Resource>) => string) => [{ column: wordsOf(pending.map(text)), rows }]
  block.begin(resourceColumns, pending.length)
  writeIds(block, { id: 'resource_id', pending })
  block.words(
    'service',
    words(({ origin }) => attributeOf(origin, 'service.name')),
  )
  block.words(
    'namespace',
    words(({ known }) => known.namespace),
  )
  block.words(
    'pod',
    words(({ known }) => known.pod),
  )
  block.words(
    'host',
    words(({ known }) => known.host),
  )
  block.map('attrs', [{ column: attributes, rows }])
  block.words('attr_types', [{ column: attributes.types, rows }])
  writeEnd(block, pending)
}

function writeScopes(block: NativeBlock, pending: readonly Pending<InstrumentationScope>[]): void {
  const rows = rowsOf(pending.length)
  const attributes = attributesOf(pending.map(({ origin }) => origin.attributes))
  block.begin(scopeColumns, pending.length)
  writeIds(block, { id: 'scope_id', pending })
  block.words('name', [{ column: wordsOf(pending.map(({ origin }) => origin.name)), rows }])
  block.words('version', [{ column: wordsOf(pending.map(({ origin }) => origin.version)), rows }])
  block.map('attrs', [{ column: attributes, rows }])
  block.words('attr_types', [{ column: attributes.types, rows }])
  writeEnd(block, pending)
}

function writeIds(block: NativeBlock, what: { id: string; pending: readonly Pending<unknown>[] }): void {
  const rows = rowsOf(what.pending.length)
  block.copied('tenant', 4, [{ column: Uint32Array.from(what.pending, ({ tenant }) => tenant), rows }])
  block.copied(what.id, 8, [{ column: idsOf(what.pending.map(({ known }) => known)), rows }])
}

function writeEnd(block: NativeBlock, pending: readonly Pending<Resource | InstrumentationScope>[]): void {
  const rows = rowsOf(pending.length)
  const dropped = Uint32Array.from(pending, ({ origin }) => origin.droppedAttributesCount)
  block.copied('dropped_attrs', 4, [{ column: dropped, rows }])
  block.words('schema_url', [{ column: wordsOf(pending.map(({ origin }) => origin.schemaUrl)), rows }])
  block.copied('seen_day', 2, [{ column: uint16Of(pending.map(({ day }) => day)), rows }])
  block.copied('retention', 2, [{ column: uint16Of(pending.map(({ retentionDays }) => retentionDays)), rows }])
}
