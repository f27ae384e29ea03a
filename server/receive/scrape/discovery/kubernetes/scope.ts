import type { TargetGroup } from '../mechanism.ts'
import type { KubernetesConfig, Role } from './config.ts'
import { endpointSliceGroup, endpointsGroup } from './endpoints-group.ts'
import { ingressGroup } from './ingress-group.ts'
import { nodeGroup } from './node-group.ts'
import type { KubernetesObject, Node, Pod, Service } from './objects.ts'
import { podGroup } from './pod-group.ts'
import {
  readEndpointSlice,
  readEndpoints,
  readIngress,
  readNamespace,
  readNode,
  readPod,
  readService,
} from './read-objects.ts'
import { type BuildGroup, GroupCache, type Related } from './related.ts'
import { serviceGroup } from './service-group.ts'
import { type Resource, type WatchContext, WatchedResource } from './watched-resource.ts'

interface RoleEntry<T extends KubernetesObject> {
  /** API group and version, and the resource's name in it. */
  readonly api: string
  readonly resource: string
  readonly read: Resource<T>['read']
  readonly build: BuildGroup<T>
  /** Joined with the pods and services of the namespace. */
  readonly isJoined: boolean
}

const entries = {
  node: { api: '/api/v1', resource: 'nodes', read: readNode, build: nodeGroup, isJoined: false },
  pod: { api: '/api/v1', resource: 'pods', read: readPod, build: podGroup, isJoined: false },
  service: { api: '/api/v1', resource: 'services', read: readService, build: serviceGroup, isJoined: false },
  endpoints: { api: '/api/v1', resource: 'endpoints', read: readEndpoints, build: endpointsGroup, isJoined: true },
  endpointslice: {
    api: '/apis/discovery.k8s.io/v1',
    resource: 'endpointslices',
    read: readEndpointSlice,
    build: endpointSliceGroup,
    isJoined: true,
  },
  ingress: {
    api: '/apis/networking.k8s.io/v1',
    resource: 'ingresses',
    read: readIngress,
    build: ingressGroup,
    isJoined: false,
  },
} as const

/** Follows the objects of a role in one namespace (null: in all), with what their labels come from. */
export class Scope {
  readonly #primary: WatchedResource<KubernetesObject>
  readonly #pods: WatchedResource<Pod> | null
  readonly #services: WatchedResource<Service> | null
  readonly #nodes: WatchedResource<Node> | null
  readonly #namespaces: WatchedResource<KubernetesObject> | null
  readonly #groups: GroupCache<KubernetesObject>

  constructor(namespace: string | null, config: KubernetesConfig, context: WatchContext) {
    const entry = entries[config.role] as unknown as RoleEntry<KubernetesObject>
    const { attach_metadata: attach, role } = config
    const hasNode = attach.node && (role === 'pod' || entry.isJoined)
    const hasNamespace = attach.namespace && role !== 'node'
    const within = role === 'node' || namespace === null ? '' : `/namespaces/${namespace}`
    const watch = <T extends KubernetesObject>(path: string, read: Resource<T>['read'], of: Role | null, field = '') =>
      new WatchedResource<T>(
        { path, read, selector: of === null ? { label: '', field } : selectorOf(config, of) },
        context,
      )
    this.#primary = watch(`${entry.api}${within}/${entry.resource}`, entry.read, role)
    this.#pods = entry.isJoined ? watch(`/api/v1${within}/pods`, readPod, 'pod') : null
    this.#services = entry.isJoined ? watch(`/api/v1${within}/services`, readService, 'service') : null
    this.#nodes = hasNode ? watch('/api/v1/nodes', readNode, null) : null
    const ownNamespace = namespace === null ? '' : `metadata.name=${namespace}`
    this.#namespaces = hasNamespace ? watch('/api/v1/namespaces', readNamespace, null, ownNamespace) : null
    this.#groups = new GroupCache(entry.build, this.#related())
  }

  /** Whether everything was listed at least once; before, its groups would lack labels. */
  get isSynced(): boolean {
    return this.#watched().every((watched) => watched.isSynced)
  }

  start(): void {
    for (const watched of this.#watched()) watched.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#watched().map((watched) => watched.stop()))
  }

  /** Without those that have no targets. */
  groups(): TargetGroup[] {
    const groups: TargetGroup[] = []
    for (const object of this.#primary.objects.values()) {
      const group = this.#groups.groupOf(object)
      if (group.targets.length > 0) groups.push(group)
    }
    return groups
  }

  #watched(): WatchedResource<KubernetesObject>[] {
    const all = [this.#primary, this.#pods, this.#services, this.#nodes, this.#namespaces]
    return all.filter((watched) => watched !== null)
  }

  #related(): Related {
    return {
      pod: (namespace, name) => this.#pods?.objects.get(`${namespace}/${name}`),
      service: (namespace, name) => this.#services?.objects.get(`${namespace}/${name}`),
      node: (name) => this.#nodes?.objects.get(`/${name}`),
      namespace: (name) => this.#namespaces?.objects.get(`/${name}`),
    }
  }
}

function selectorOf({ selectors }: KubernetesConfig, role: Role): { label: string; field: string } {
  return selectors.find((selector) => selector.role === role) ?? { label: '', field: '' }
}
