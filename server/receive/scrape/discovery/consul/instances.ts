import { joinHostPort, labelNameOf } from '../../meta-label.ts'
import type { TargetGroup } from '../mechanism.ts'
import type { ConsulConfig } from './config.ts'

/** An instance of a service. Source: Consul HTTP API, /v1/health/service. */
export interface InstanceWire {
  readonly Node?: {
    readonly Node?: string
    readonly Address?: string
    readonly Partition?: string
    readonly Meta?: Readonly<Record<string, string>> | null
    readonly TaggedAddresses?: Readonly<Record<string, string>> | null
  }
  readonly Service?: {
    readonly ID?: string
    readonly Address?: string
    readonly Port?: number
    readonly Namespace?: string
    readonly Tags?: readonly string[] | null
    readonly Meta?: Readonly<Record<string, string>> | null
  }
  readonly Checks?: readonly { readonly CheckID?: string; readonly Status?: string }[] | null
}

/** The group of one service. */
export function groupOfService(
  name: string,
  instances: readonly InstanceWire[],
  { tag_separator: separator, datacenter }: Pick<ConsulConfig, 'tag_separator' | 'datacenter'>,
): TargetGroup {
  return {
    targets: instances.map((instance) => targetOf(instance, separator)),
    labels: { __meta_consul_service: name, __meta_consul_dc: datacenter },
  }
}

function targetOf({ Node: node = {}, Service: service = {}, Checks: checks }: InstanceWire, separator: string) {
  const port = String(service.Port ?? 0)
  const tags = service.Tags ?? []
  const target: Record<string, string> = {
    __address__: joinHostPort(service.Address || node.Address || '', port),
    __meta_consul_address: node.Address ?? '',
    __meta_consul_node: node.Node ?? '',
    __meta_consul_namespace: service.Namespace ?? '',
    __meta_consul_partition: node.Partition ?? '',
    // The separator stands at both ends, so that a rule need not care where a tag stands.
    __meta_consul_tags: `${separator}${tags.join(separator)}${separator}`,
    __meta_consul_service_address: service.Address ?? '',
    __meta_consul_service_port: port,
    __meta_consul_service_id: service.ID ?? '',
    __meta_consul_health: statusOf(checks ?? []),
  }
  for (const [part, entries] of [
    ['metadata', node.Meta],
    ['service_metadata', service.Meta],
    ['tagged_address', node.TaggedAddresses],
  ] as const)
    for (const [name, value] of Object.entries(entries ?? {}))
      target[`__meta_consul_${part}_${labelNameOf(name)}`] = value
  return target
}

/** The worst of all checks. Source: Consul API client, HealthChecks.AggregatedStatus. */
function statusOf(checks: NonNullable<InstanceWire['Checks']>): string {
  const isMaintenance = checks.some(
    ({ CheckID: id = '' }) => id === '_node_maintenance' || id.startsWith('_service_maintenance:'),
  )
  if (isMaintenance) return 'maintenance'
  return ['critical', 'warning'].find((status) => checks.some(({ Status }) => Status === status)) ?? 'passing'
}
