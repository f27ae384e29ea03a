import { Buffer } from 'node:buffer'
import { idBytes } from './values.ts'

/** Tags that describe the source, under OpenTelemetry's names. */
export const resourceNames: Readonly<Record<string, string>> = {
  env: 'deployment.environment.name',
  version: 'service.version',
  kube_namespace: 'k8s.namespace.name',
  kube_deployment: 'k8s.deployment.name',
  pod_name: 'k8s.pod.name',
  kube_container_name: 'k8s.container.name',
  container_id: 'container.id',
}

/** An id that stands in decimal, or in hex in its full length; null where it is neither. */
export function idOf(text: string, bytes: 8 | 16): Buffer | null {
  if (bytes === 16 && /^[0-9a-f]{32}$/i.test(text)) return Buffer.from(text, 'hex')
  if (!/^[0-9]{1,20}$/.test(text) || /^0+$/.test(text)) return null
  const id = idBytes(BigInt(text))
  return bytes === 8 ? id : Buffer.concat([Buffer.alloc(8), id])
}
