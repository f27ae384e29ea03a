import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { ClickHouseColumnStore } from './clickhouse-column-store.ts'
import { createClusterStore } from './cluster-store.ts'
import { openTestEngine } from './engine-fixture-suite.ts'
import { columnStoreSuite } from './engine-suite.ts'

columnStoreSuite('embedded engine', openTestEngine)

for (const isCompressed of [false, true])
  columnStoreSuite(
    `the same engine as a cluster: bodies streamed${isCompressed ? ', answers in zstd' : ''}`,
    async () => {
      const tested = await openTestEngine()
      const endpoint = tested.engine.endpoint!
      const store = new ClickHouseColumnStore({ endpoint: () => endpoint, isCompressed })
      return {
        ...tested,
        store,
        async close() {
          store.close()
          await tested.close()
        },
      }
    },
  )

const clusterUrl = process.env.SIGHTLINE_TEST_CLICKHOUSE_URL
if (clusterUrl === undefined) {
  describe('ColumnStore: cluster', () => {
    it.skip('SIGHTLINE_TEST_CLICKHOUSE_URL names no ClickHouse', () => {})
  })
} else {
  columnStoreSuite('cluster', async () => {
    const { origin, username, password, pathname } = new URL(clusterUrl)
    const folder = mkdtempSync(join(tmpdir(), 'sightline-cluster-'))
    const database = pathname.slice(1) || 'default'
    const store = createClusterStore({
      url: origin,
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database,
    })
    return {
      store,
      folder,
      async close() {
        store.close()
        rmSync(folder, { recursive: true })
      },
    }
  })
}
