import { PacedUpdates } from '../../paced-updates.ts'
import type { Discovery, DiscoveryContext, DiscoveryMechanism, TargetGroup } from '../mechanism.ts'
import { Backoff } from './backoff.ts'
import { type KubernetesConfig, kubernetesSchema } from './config.ts'
import { type Connection, connect } from './connection.ts'
import { Scope } from './scope.ts'

/** Targets out of the API of a Kubernetes cluster: listed once, then watched. */
export const kubernetesDiscovery: DiscoveryMechanism<KubernetesConfig> = {
  key: 'kubernetes_sd_configs',
  schema: kubernetesSchema,
  create: (config, context) => new KubernetesDiscovery(config, context),
}

class KubernetesDiscovery implements Discovery {
  readonly #config: KubernetesConfig
  readonly #context: DiscoveryContext
  readonly #stopped = new AbortController()
  #connection: Connection | null = null
  #scopes: readonly Scope[] = []
  #updates: PacedUpdates | null = null
  #connecting: Promise<void> = Promise.resolve()

  constructor(config: KubernetesConfig, context: DiscoveryContext) {
    this.#config = config
    this.#context = context
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    this.#updates = new PacedUpdates(this.#context.clock, () => {
      const synced = this.#scopes.filter((scope) => scope.isSynced)
      if (synced.length > 0) update(synced.flatMap((scope) => scope.groups()))
      return synced.length > 0
    })
    this.#connecting = this.#connect(this.#updates)
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#updates?.stop()
    await this.#connecting
    await Promise.all(this.#scopes.map((scope) => scope.stop()))
    await this.#connection?.client.close()
  }

  /** Until there is a connection: files of the configuration may come later. */
  async #connect(updates: PacedUpdates): Promise<void> {
    const { clock, logger } = this.#context
    const backoff = new Backoff(clock, this.#stopped.signal)
    while (!this.#stopped.signal.aborted)
      try {
        const connection = await connect(this.#config, this.#context)
        this.#connection = connection
        const { client, server } = connection
        const context = { client, server, clock, logger, changed: () => updates.request() }
        const namespaces = namespacesOf(this.#config, connection)
        this.#scopes = namespaces.map((namespace) => new Scope(namespace, this.#config, context))
        if (!this.#stopped.signal.aborted) for (const scope of this.#scopes) scope.start()
        return
      } catch (error) {
        logger.warn({ reason: (error as Error).message }, 'Kubernetes cannot be reached')
        await backoff.pause()
      }
  }
}

/** [null]: all. */
function namespacesOf({ namespaces, role }: KubernetesConfig, { ownNamespace }: Connection): (string | null)[] {
  if (role === 'node') return [null]
  const names = new Set(namespaces.names)
  if (namespaces.own_namespace) {
    if (ownNamespace === null) throw new Error('own_namespace: the namespace of this pod is not known')
    names.add(ownNamespace)
  }
  return names.size === 0 ? [null] : [...names]
}
