import type { Attribute } from '../../model/columns.ts'

const podPath = /\/pods\/([^/_]+)_([^/_]+)_([^/_]+)\/([^/]+)\/(\d+)\.log[^/]*$/
const containerPath = /\/containers\/([^/_]+)_([^/_]+)_(.+)-([0-9a-f]{64})\.log$/
const dockerPath = /\/containers\/([0-9a-f]{64})\/[0-9a-f]{64}-json\.log[^/]*$/

/**
 * What the path of a log file says about its source, as resource attributes: Kubernetes'
 * `/var/log/pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log` and `/var/log/containers/POD_NAMESPACE_CONTAINER-ID.log`,
 * Docker's `…/containers/ID/ID-json.log`. The service is the container's name.
 */
export function sourceOfPath(path: string): Attribute[] {
  const pod = podPath.exec(path)
  if (pod !== null)
    return attributes({
      'service.name': pod[4],
      'k8s.namespace.name': pod[1],
      'k8s.pod.name': pod[2],
      'k8s.pod.uid': pod[3],
      'k8s.container.name': pod[4],
      'k8s.container.restart_count': pod[5],
    })
  const container = containerPath.exec(path)
  if (container !== null)
    return attributes({
      'service.name': container[3],
      'k8s.namespace.name': container[2],
      'k8s.pod.name': container[1],
      'k8s.container.name': container[3],
      'container.id': container[4],
    })
  const docker = dockerPath.exec(path)
  return docker === null ? [] : attributes({ 'container.id': docker[1] })
}

function attributes(values: Readonly<Record<string, string>>): Attribute[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    type: key === 'k8s.container.restart_count' ? 'i' : 's',
    value,
  }))
}
