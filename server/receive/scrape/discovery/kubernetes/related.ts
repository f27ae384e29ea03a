import type { TargetGroup } from '../mechanism.ts'
import type { KubernetesObject, Node, Pod, Service } from './objects.ts'

/** Other objects that a group's labels come from; undefined where there is none, or where it is not asked for. */
export interface Related {
  pod(namespace: string, name: string): Pod | undefined
  service(namespace: string, name: string): Service | undefined
  /** Where nodes are attached. */
  node(name: string): Node | undefined
  /** Where namespaces are attached. */
  namespace(name: string): KubernetesObject | undefined
}

/** The group of one object. Its labels come from the object and from what it asks `related` for, and from nothing else. */
export type BuildGroup<T> = (object: T, related: Related) => TargetGroup

interface Built {
  readonly group: TargetGroup
  /** Tells whether all that was asked for is still the same. */
  readonly isCurrent: () => boolean
}

/** Builds groups anew only where the object or one that it is joined with has changed. */
export class GroupCache<T extends object> {
  readonly #build: BuildGroup<T>
  readonly #related: Related
  readonly #built = new WeakMap<T, Built>()

  constructor(build: BuildGroup<T>, related: Related) {
    this.#build = build
    this.#related = related
  }

  /** The same group, by identity, for as long as nothing has changed. */
  groupOf(object: T): TargetGroup {
    const known = this.#built.get(object)
    if (known?.isCurrent()) return known.group
    const checks: (() => boolean)[] = []
    const noted = <R>(look: () => R): R => {
      const found = look()
      checks.push(() => look() === found)
      return found
    }
    const related = this.#related
    const group = this.#build(object, {
      pod: (namespace, name) => noted(() => related.pod(namespace, name)),
      service: (namespace, name) => noted(() => related.service(namespace, name)),
      node: (name) => noted(() => related.node(name)),
      namespace: (name) => noted(() => related.namespace(name)),
    })
    this.#built.set(object, { group, isCurrent: () => checks.every((check) => check()) })
    return group
  }
}
