import { joinHostPort, labelNameOf } from '../../meta-label.ts'
import { itemsOf, textAt, type XmlElement } from './xml.ts'

/** What a target needs beside its instance. */
export interface InstanceSurroundings {
  readonly port: number
  readonly region: string
  /** Id by name, such as eu-west-1a → euw1-az2. */
  readonly zoneIds: ReadonlyMap<string, string>
}

/** Instances of a page of DescribeInstances that have a private address. Source: Prometheus 3, ec2_sd_config. */
export function targetsOf(page: XmlElement, surroundings: InstanceSurroundings): Record<string, string>[] {
  return itemsOf(page, 'reservationSet').flatMap((reservation) => {
    const owner = textAt(reservation, 'ownerId')
    return itemsOf(reservation, 'instancesSet')
      .map((instance) => targetOf(instance, owner, surroundings))
      .filter((target) => target !== null)
  })
}

function targetOf(
  instance: XmlElement,
  owner: string | undefined,
  { port, region, zoneIds }: InstanceSurroundings,
): Record<string, string> | null {
  const ip = textAt(instance, 'privateIpAddress')
  if (ip === undefined || ip === '') return null
  const zone = textAt(instance, 'placement', 'availabilityZone') ?? ''
  const publicIp = textAt(instance, 'ipAddress')
  const labels: Record<string, string | undefined> = {
    __address__: joinHostPort(ip, port),
    __meta_ec2_instance_id: textAt(instance, 'instanceId'),
    __meta_ec2_region: region,
    __meta_ec2_owner_id: owner,
    __meta_ec2_private_ip: ip,
    __meta_ec2_private_dns_name: textAt(instance, 'privateDnsName'),
    __meta_ec2_platform: textAt(instance, 'platform'),
    __meta_ec2_public_ip: publicIp,
    __meta_ec2_public_dns_name: publicIp === undefined ? undefined : textAt(instance, 'dnsName'),
    __meta_ec2_ami: textAt(instance, 'imageId'),
    __meta_ec2_availability_zone: zone,
    __meta_ec2_availability_zone_id: zoneIds.get(zone),
    __meta_ec2_instance_state: textAt(instance, 'instanceState', 'name'),
    __meta_ec2_instance_type: textAt(instance, 'instanceType'),
    __meta_ec2_instance_lifecycle: textAt(instance, 'instanceLifecycle'),
    __meta_ec2_architecture: textAt(instance, 'architecture'),
    ...networkLabels(instance),
  }
  for (const tag of itemsOf(instance, 'tagSet')) {
    const key = textAt(tag, 'key')
    if (key !== undefined) labels[`__meta_ec2_tag_${labelNameOf(key)}`] = textAt(tag, 'value')
  }
  const given = Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(given)
}

/** Of an instance in a VPC. */
function networkLabels(instance: XmlElement): Record<string, string | undefined> {
  const vpc = textAt(instance, 'vpcId')
  if (vpc === undefined) return {}
  const interfaces = itemsOf(instance, 'networkInterfaceSet').filter((one) => textAt(one, 'subnetId') !== undefined)
  const subnets = [...new Set(interfaces.map((one) => textAt(one, 'subnetId') ?? ''))]
  const addresses = interfaces.flatMap((one) => itemsOf(one, 'ipv6AddressesSet'))
  const byPosition = interfaces.toSorted((a, b) => positionOf(a) - positionOf(b))
  const primary = byPosition
    .flatMap((one) => itemsOf(one, 'ipv6AddressesSet'))
    .filter((address) => textAt(address, 'isPrimaryIpv6') === 'true')
  return {
    __meta_ec2_vpc_id: vpc,
    __meta_ec2_primary_subnet_id: textAt(instance, 'subnetId'),
    __meta_ec2_subnet_id: listed(subnets),
    __meta_ec2_ipv6_addresses: listed(addresses.map((address) => textAt(address, 'ipv6Address') ?? '')),
    __meta_ec2_primary_ipv6_addresses: listed(primary.map((address) => textAt(address, 'ipv6Address') ?? '')),
  }
}

function positionOf(networkInterface: XmlElement): number {
  return Number(textAt(networkInterface, 'attachment', 'deviceIndex') ?? 0)
}

/** With separators at both ends, so that a rule need not care where an entry stands. */
function listed(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : `,${values.join(',')},`
}
