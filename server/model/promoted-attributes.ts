/**
 * Resource attributes that become labels of every OTLP series unless the configuration names others: what tells apart
 * where a service runs. Each further one is in every series and changes its identity. (Prometheus promotes none.)
 */
export const defaultPromotedAttributes: readonly string[] = [
  'service.name',
  'service.namespace',
  'service.version',
  'deployment.environment.name',
  'deployment.environment',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.deployment.name',
  'k8s.statefulset.name',
  'k8s.daemonset.name',
  'k8s.pod.name',
  'k8s.node.name',
]
