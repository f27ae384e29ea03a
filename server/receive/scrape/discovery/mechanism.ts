import type { z } from 'zod'
import type { Clock } from '../../../runtime/clock.ts'
import type { Logger } from '../../../runtime/logger.ts'

/** Targets that were found together and share labels. Every target has at least `__address__`. */
export interface TargetGroup {
  readonly targets: readonly Readonly<Record<string, string>>[]
  /** Labels of all of them; a target's own ones win. */
  readonly labels: Readonly<Record<string, string>>
}

export interface DiscoveryContext {
  readonly clock: Clock
  readonly logger: Logger
  /** Where relative file names start: the folder of the configuration file. */
  readonly baseFolder: string
}

/** Finds targets from `start` to `stop`. */
export interface Discovery {
  /**
   * `update` gets all groups that are known now, each time something may have changed. What could be found last stays
   * valid while finding fails (a file half written, a server down); the reason is logged.
   */
  start(update: (groups: readonly TargetGroup[]) => void): void
  stop(): Promise<void>
}

/** One way to find targets: one file in this folder, one line in `registry.ts`. */
export interface DiscoveryMechanism<T = unknown> {
  /** Key under an entry of `scrape_configs`; its value is a list of what `schema` takes. */
  readonly key: `${string}_configs`
  readonly schema: z.ZodType<T>
  create(config: T, context: DiscoveryContext): Discovery
}
