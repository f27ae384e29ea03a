import { consulDiscovery } from './consul/consul.ts'
import { dnsDiscovery } from './dns.ts'
import { dockerDiscovery } from './docker.ts'
import { ec2Discovery } from './ec2/ec2.ts'
import { fileDiscovery } from './file.ts'
import { httpDiscovery } from './http.ts'
import { kubernetesDiscovery } from './kubernetes/kubernetes.ts'
import type { DiscoveryMechanism } from './mechanism.ts'
import { staticDiscovery } from './static.ts'

/** The list is the whole registration. */
export const discoveryMechanisms: readonly DiscoveryMechanism[] = [
  staticDiscovery,
  fileDiscovery,
  httpDiscovery,
  dnsDiscovery,
  kubernetesDiscovery,
  consulDiscovery,
  dockerDiscovery,
  ec2Discovery,
] as readonly DiscoveryMechanism[]
