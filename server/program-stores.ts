import { join } from 'node:path'
import type { Clock } from './runtime/clock.ts'
import type { Config } from './runtime/config/schema.ts'
import type { Logger } from './runtime/logger.ts'
import { createClusterStore } from './store/engine/cluster-store.ts'
import type { ColumnStore } from './store/engine/column-store.ts'
import { EmbeddedEngine } from './store/engine/embedded-engine.ts'

/** The column store as configured; `engine`: the embedded one, null where a server is used. */
export function openStore(
  { url, user, password, database, compression }: Config['clickhouse'],
  { folder, logger, clock }: { folder: string; logger: Logger; clock: Clock },
): { store: ColumnStore; engine: EmbeddedEngine | null } {
  if (url !== '') {
    const isCompressed = compression === 'zstd'
    return {
      store: createClusterStore({ url, user, password: password.reveal(), database, isCompressed }),
      engine: null,
    }
  }
  const engine = new EmbeddedEngine({ folder: join(folder, 'engine'), logger, clock })
  return { store: engine.store, engine }
}
