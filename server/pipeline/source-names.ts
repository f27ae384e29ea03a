import type { RowSource } from '../model/origin/row-source.ts'
import type { TenantId } from '../model/tenant.ts'

/**
 * Most pairs of sender and key that rows of one tenant are counted under; the sender of further pairs is `other`.
 * Names are kept until the process ends: which ones are counted does not change under the eyes of who reads them.
 */
export const maxSourcesPerTenant = 200

/** Most keys that rows of one tenant are counted under; further ones are counted as the key `other`. */
export const maxKeysPerTenant = 200

/** What is counted under no name of its own. */
const otherName = 'other'

interface Names {
  readonly sources: Map<string, RowSource>
  readonly keys: Set<string>
}

const separator = String.fromCharCode(0)

/** The names that rows are counted under; a name is never taken back, and one that was refused is never let in. */
export class SourceNames {
  readonly #tenants = new Map<TenantId, Names>()

  /** Cost: two look-ups. */
  of(tenant: TenantId, source: RowSource | undefined): RowSource | undefined {
    if (source === undefined || (source.sender === '' && source.accessKey === '')) return undefined
    let names = this.#tenants.get(tenant)
    if (names === undefined) {
      names = { sources: new Map(), keys: new Set() }
      this.#tenants.set(tenant, names)
    }
    return names.sources.get(pairOf(source)) ?? admit(names, source)
  }
}

function pairOf({ sender, accessKey }: RowSource): string {
  return `${sender}${separator}${accessKey}`
}

function admit({ sources, keys }: Names, { sender, accessKey }: RowSource): RowSource {
  const isKeyKnown = accessKey === '' || accessKey === otherName || keys.has(accessKey)
  const key = isKeyKnown || keys.size < maxKeysPerTenant ? accessKey : otherName
  if (!isKeyKnown && key === accessKey) keys.add(key)
  const known = sources.get(pairOf({ sender, accessKey: key }))
  if (known !== undefined) return known
  const hasRoom = sources.size < maxSourcesPerTenant || sender === otherName || sender === ''
  const source = { sender: hasRoom ? sender : otherName, accessKey: key }
  // The rest has as many pairs as there are keys, and none of them is kept here.
  if (hasRoom && sources.size < maxSourcesPerTenant) sources.set(pairOf(source), source)
  return source
}
