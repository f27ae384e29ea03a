import type { Attribute } from '../model/columns.ts'
import type { InstrumentationScope, Resource } from '../model/resource.ts'

/** Resources and scopes of one request, each kept once. Most records come from where the one before came from. */
export class RecordOrigins {
  readonly resources: Resource[] = []
  readonly scopes: InstrumentationScope[] = []
  readonly #resourceIndexes = new Map<string, number>()
  readonly #scopeIndexes = new Map<string, number>()
  #resource = -1
  #scope = -1

  /** Index of the resource with these attributes. */
  resourceOf(attributes: readonly Attribute[]): number {
    if (this.#resource >= 0 && areSame(this.resources[this.#resource].attributes, attributes)) return this.#resource
    let key = ''
    // Lengths in front keep lists apart whose texts run together the same.
    for (const { key: name, type, value } of attributes) key += `${name.length}${type}${value.length}:${name}${value}`
    let index = this.#resourceIndexes.get(key)
    if (index === undefined) {
      index = this.resources.push({ attributes, droppedAttributesCount: 0, schemaUrl: '' }) - 1
      this.#resourceIndexes.set(key, index)
    }
    this.#resource = index
    return index
  }

  /** Index of the scope with this name and version. */
  scopeOf(name: string, version: string): number {
    const before = this.scopes[this.#scope]
    if (before !== undefined && before.name === name && before.version === version) return this.#scope
    const key = `${name.length}:${name}${version}`
    let index = this.#scopeIndexes.get(key)
    if (index === undefined) {
      index = this.scopes.push({ name, version, attributes: [], droppedAttributesCount: 0, schemaUrl: '' }) - 1
      this.#scopeIndexes.set(key, index)
    }
    this.#scope = index
    return index
  }
}

function areSame(one: readonly Attribute[], other: readonly Attribute[]): boolean {
  if (one.length !== other.length) return false
  for (let i = 0; i < one.length; i++)
    if (one[i].value !== other[i].value || one[i].key !== other[i].key || one[i].type !== other[i].type) return false
  return true
}
