import { dnsDiscovery } from './dns.ts'
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
] as readonly DiscoveryMechanism[]
