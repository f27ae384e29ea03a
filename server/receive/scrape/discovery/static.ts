import type { z } from 'zod'
import { list, mapping, section, text } from '../config/config-values.ts'
import type { DiscoveryMechanism } from './mechanism.ts'

const schema = section({
  targets: list(text.refine((target) => !target.includes('/'), 'expected host:port, without a path')),
  labels: mapping(text),
})

/** Targets that stand in the configuration itself. */
export const staticDiscovery: DiscoveryMechanism<z.output<typeof schema>> = {
  key: 'static_configs',
  schema,
  create: ({ targets, labels }) => ({
    start(update) {
      update([{ targets: targets.map((target) => ({ __address__: target })), labels }])
    },
    async stop() {},
  }),
}
