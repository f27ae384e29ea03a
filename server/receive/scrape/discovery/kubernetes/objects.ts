/**
 * What is kept of the objects of a cluster: the parts that become labels. A pod is some 10 KB on the wire and about a
 * tenth of that here. Source: Kubernetes API v1 (core, discovery.k8s.io, networking.k8s.io).
 */
export interface ObjectMeta {
  readonly name: string
  /** '' for what belongs to no namespace. */
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface KubernetesObject {
  readonly meta: ObjectMeta
}

export interface Container {
  readonly name: string
  readonly image: string
  /** '' before it has started. */
  readonly id: string
  readonly isInit: boolean
  readonly ports: readonly { readonly name: string; readonly number: number; readonly protocol: string }[]
}

export interface Pod extends KubernetesObject {
  readonly uid: string
  readonly ip: string
  readonly hostIp: string
  readonly nodeName: string
  readonly phase: string
  /** `true`, `false` or `unknown`. */
  readonly ready: string
  readonly controllerKind: string
  readonly controllerName: string
  /** Init containers last. */
  readonly containers: readonly Container[]
}

export interface Service extends KubernetesObject {
  readonly type: string
  readonly clusterIp: string
  readonly externalName: string
  readonly loadBalancerIp: string
  readonly ports: readonly { readonly name: string; readonly number: number; readonly protocol: string }[]
}

export interface Node extends KubernetesObject {
  readonly providerId: string
  readonly kubeletPort: number
  readonly addresses: readonly { readonly type: string; readonly address: string }[]
}

/** Of Endpoints and of EndpointSlices; undefined: the API does not say. */
export interface EndpointAddress {
  readonly addresses: readonly string[]
  readonly hostname?: string
  readonly nodeName?: string
  readonly zone?: string
  readonly ready?: boolean
  readonly serving?: boolean
  readonly terminating?: boolean
  readonly targetKind?: string
  readonly targetNamespace?: string
  readonly targetName?: string
  readonly topology: Readonly<Record<string, string>>
}

export interface EndpointPort {
  readonly name?: string
  readonly number?: number
  readonly protocol?: string
  readonly appProtocol?: string
}

export interface EndpointSubset {
  readonly endpoints: readonly EndpointAddress[]
  readonly ports: readonly EndpointPort[]
}

export interface Endpoints extends KubernetesObject {
  readonly subsets: readonly EndpointSubset[]
}

export interface EndpointSlice extends KubernetesObject {
  readonly addressType: string
  readonly subset: EndpointSubset
}

export interface Ingress extends KubernetesObject {
  readonly className?: string
  readonly tlsHosts: readonly string[]
  readonly rules: readonly { readonly host: string; readonly paths: readonly string[] }[]
}
