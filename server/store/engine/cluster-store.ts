import { ClickHouseColumnStore, type StoreEndpoint } from './clickhouse-column-store.ts'

/**
 * A ClickHouse cluster (or single server) by its URL. `url`: `http://host:8123` or `https://…`. `isCompressed`: large
 * answers come compressed.
 */
export function createClusterStore(options: {
  url: string
  user: string
  password: string
  database: string
  isCompressed?: boolean
}): ClickHouseColumnStore {
  const endpoint: StoreEndpoint = {
    url: options.url,
    username: options.user,
    password: options.password,
    database: options.database,
  }
  return new ClickHouseColumnStore({ endpoint: () => endpoint, isCompressed: options.isCompressed ?? false })
}
