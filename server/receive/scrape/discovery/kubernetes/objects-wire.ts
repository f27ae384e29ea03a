/** Objects as the API server sends them, as far as they are read. What is absent may also be null. */
export interface ObjectMetaWire {
  readonly name?: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly labels?: Readonly<Record<string, string>> | null
  readonly annotations?: Readonly<Record<string, string>> | null
  readonly ownerReferences?: readonly {
    readonly kind?: string
    readonly name?: string
    readonly controller?: boolean
  }[]
}

export interface ObjectWire {
  readonly metadata?: ObjectMetaWire
}

interface ContainerWire {
  readonly name?: string
  readonly image?: string
  readonly ports?: readonly { readonly name?: string; readonly containerPort?: number; readonly protocol?: string }[]
}

interface ContainerStatusWire {
  readonly name?: string
  readonly containerID?: string
}

export interface PodWire extends ObjectWire {
  readonly spec?: {
    readonly nodeName?: string
    readonly containers?: readonly ContainerWire[]
    readonly initContainers?: readonly ContainerWire[]
  }
  readonly status?: {
    readonly podIP?: string
    readonly hostIP?: string
    readonly phase?: string
    readonly conditions?: readonly { readonly type?: string; readonly status?: string }[]
    readonly containerStatuses?: readonly ContainerStatusWire[]
    readonly initContainerStatuses?: readonly ContainerStatusWire[]
  }
}

export interface ServiceWire extends ObjectWire {
  readonly spec?: {
    readonly type?: string
    readonly clusterIP?: string
    readonly externalName?: string
    readonly loadBalancerIP?: string
    readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[]
  }
}

export interface NodeWire extends ObjectWire {
  readonly spec?: { readonly providerID?: string }
  readonly status?: {
    readonly addresses?: readonly { readonly type?: string; readonly address?: string }[]
    readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } }
  }
}

interface ReferenceWire {
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
}

interface PortWire {
  readonly name?: string
  readonly port?: number
  readonly protocol?: string
  readonly appProtocol?: string
}

interface AddressWire {
  readonly ip?: string
  readonly hostname?: string
  readonly nodeName?: string
  readonly targetRef?: ReferenceWire
}

export interface EndpointsWire extends ObjectWire {
  readonly subsets?: readonly {
    readonly addresses?: readonly AddressWire[]
    readonly notReadyAddresses?: readonly AddressWire[]
    readonly ports?: readonly PortWire[]
  }[]
}

export interface EndpointSliceWire extends ObjectWire {
  readonly addressType?: string
  readonly endpoints?: readonly {
    readonly addresses?: readonly string[]
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean }
    readonly hostname?: string
    readonly nodeName?: string
    readonly zone?: string
    readonly targetRef?: ReferenceWire
    readonly deprecatedTopology?: Readonly<Record<string, string>>
  }[]
  readonly ports?: readonly PortWire[]
}

export interface IngressWire extends ObjectWire {
  readonly spec?: {
    readonly ingressClassName?: string
    readonly tls?: readonly { readonly hosts?: readonly string[] }[]
    readonly rules?: readonly {
      readonly host?: string
      readonly http?: { readonly paths?: readonly { readonly path?: string }[] }
    }[]
  }
}
