/** Names that the generated telemetry shares. */
export const services = Array.from({ length: 50 }, (_, i) => {
  const names = [
    'checkout',
    'payment',
    'cart',
    'auth',
    'inventory',
    'shipping',
    'search',
    'catalog',
    'notify',
    'billing',
  ]
  return i < names.length ? names[i] : `${names[i % names.length]}-${Math.floor(i / names.length)}`
})

export function resourceAttributes(service: string, pod: number): readonly (readonly [string, string | number])[] {
  return [
    ['service.name', service],
    ['service.namespace', 'shop'],
    ['service.version', '1.42.0'],
    ['service.instance.id', `${service}-${pod}`],
    ['deployment.environment.name', 'production'],
    ['host.name', `node-${(service.length * 7 + pod) % 24}`],
    ['k8s.pod.name', `${service}-6f7d9c5b8d-${pod}`],
    ['k8s.namespace.name', 'shop'],
    ['cloud.region', 'eu-central-1'],
    ['telemetry.sdk.language', 'java'],
  ]
}
