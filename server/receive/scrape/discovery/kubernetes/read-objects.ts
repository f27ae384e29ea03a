import type {
  Container,
  EndpointAddress,
  EndpointPort,
  EndpointSlice,
  Endpoints,
  Ingress,
  KubernetesObject,
  Node,
  ObjectMeta,
  Pod,
  Service,
} from './objects.ts'
import type {
  EndpointSliceWire,
  EndpointsWire,
  IngressWire,
  NodeWire,
  ObjectMetaWire,
  ObjectWire,
  PodWire,
  ServiceWire,
} from './objects-wire.ts'

function readMeta({ name = '', namespace = '', labels, annotations }: ObjectMetaWire = {}): ObjectMeta {
  return { name, namespace, labels: labels ?? {}, annotations: annotations ?? {} }
}

/** Of a namespace only its metadata matters. */
export function readNamespace({ metadata }: ObjectWire): KubernetesObject {
  return { meta: readMeta(metadata) }
}

export function readPod({ metadata, spec = {}, status = {} }: PodWire): Pod {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown'
  const controller = metadata?.ownerReferences?.find((owner) => owner.controller === true)
  const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
  const containersOf = (wires: NonNullable<PodWire['spec']>['containers'], isInit: boolean): Container[] =>
    (wires ?? []).map(({ name = '', image = '', ports }) => ({
      name,
      image,
      id: statuses.find((one) => one.name === name)?.containerID ?? '',
      isInit,
      ports: (ports ?? []).map((port) => ({
        name: port.name ?? '',
        number: port.containerPort ?? 0,
        protocol: port.protocol ?? '',
      })),
    }))
  return {
    meta: readMeta(metadata),
    uid: metadata?.uid ?? '',
    ip: status.podIP ?? '',
    hostIp: status.hostIP ?? '',
    nodeName: spec.nodeName ?? '',
    phase: status.phase ?? '',
    ready: ready.toLowerCase(),
    controllerKind: controller?.kind ?? '',
    controllerName: controller?.name ?? '',
    containers: [...containersOf(spec.containers, false), ...containersOf(spec.initContainers, true)],
  }
}

export function readService({ metadata, spec = {} }: ServiceWire): Service {
  return {
    meta: readMeta(metadata),
    type: spec.type ?? '',
    clusterIp: spec.clusterIP ?? '',
    externalName: spec.externalName ?? '',
    loadBalancerIp: spec.loadBalancerIP ?? '',
    ports: (spec.ports ?? []).map(({ name = '', port = 0, protocol = '' }) => ({ name, number: port, protocol })),
  }
}

export function readNode({ metadata, spec, status }: NodeWire): Node {
  return {
    meta: readMeta(metadata),
    providerId: spec?.providerID ?? '',
    kubeletPort: status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0,
    addresses: (status?.addresses ?? []).map(({ type = '', address = '' }) => ({ type, address })),
  }
}

type PortWire = NonNullable<EndpointSliceWire['ports']>[number]

const readPort = ({ name, port, protocol, appProtocol }: PortWire): EndpointPort => ({
  name: name ?? undefined,
  number: port ?? undefined,
  protocol: protocol ?? undefined,
  appProtocol: appProtocol ?? undefined,
})

export function readEndpoints({ metadata, subsets }: EndpointsWire): Endpoints {
  return {
    meta: readMeta(metadata),
    subsets: (subsets ?? []).map(({ addresses, notReadyAddresses, ports }) => ({
      endpoints: [
        ...(addresses ?? []).map((address) => readAddress(address, true)),
        ...(notReadyAddresses ?? []).map((address) => readAddress(address, false)),
      ],
      ports: (ports ?? []).map(readPort),
    })),
  }
}

type AddressWire = NonNullable<NonNullable<EndpointsWire['subsets']>[number]['addresses']>[number]

function readAddress({ ip = '', hostname, nodeName, targetRef }: AddressWire, ready: boolean): EndpointAddress {
  return { addresses: [ip], hostname, nodeName, ready, ...readReference(targetRef), topology: {} }
}

function readReference(reference: AddressWire['targetRef']) {
  return {
    targetKind: reference?.kind,
    targetNamespace: reference?.namespace,
    targetName: reference?.name,
  }
}

export function readEndpointSlice({ metadata, addressType = '', endpoints, ports }: EndpointSliceWire): EndpointSlice {
  const read = (endpoints ?? []).map((endpoint) => ({
    addresses: endpoint.addresses ?? [],
    hostname: endpoint.hostname ?? undefined,
    nodeName: endpoint.nodeName ?? undefined,
    zone: endpoint.zone ?? undefined,
    ready: endpoint.conditions?.ready ?? undefined,
    serving: endpoint.conditions?.serving ?? undefined,
    terminating: endpoint.conditions?.terminating ?? undefined,
    ...readReference(endpoint.targetRef),
    topology: endpoint.deprecatedTopology ?? {},
  }))
  return { meta: readMeta(metadata), addressType, subset: { endpoints: read, ports: (ports ?? []).map(readPort) } }
}

export function readIngress({ metadata, spec = {} }: IngressWire): Ingress {
  return {
    meta: readMeta(metadata),
    className: spec.ingressClassName ?? undefined,
    tlsHosts: (spec.tls ?? []).flatMap(({ hosts }) => hosts ?? []),
    rules: (spec.rules ?? []).map(({ host = '', http }) => ({
      host,
      paths: http?.paths === undefined ? ['/'] : http.paths.map(({ path }) => path || '/'),
    })),
  }
}
