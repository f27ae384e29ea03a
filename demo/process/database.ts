import { Gauge } from 'prom-client'
import { pg } from './instrumented.ts'
import type { MeasureRegistry } from './measures.ts'

/** How a service uses the shop's database. */
export interface DatabaseOptions {
  readonly url: string
  /** Name of the service, seen in `pg_stat_activity`. */
  readonly service: string
  /** Most connections at a time. */
  readonly poolSize: number
  /** Longest wait for a free connection, ms; beyond it the query fails (see `isPoolExhausted`). */
  readonly waitMs?: number
  readonly registry: MeasureRegistry
}

const defaultWaitMs = 5_000

/** Opens a pool of connections in the schema `shop`, and shows its state as gauges. */
export function openDatabase(options: DatabaseOptions): InstanceType<typeof pg.Pool> {
  const { url, service, poolSize, waitMs = defaultWaitMs, registry } = options
  const pool = new pg.Pool({
    ...connectionOptions(url, service),
    max: poolSize,
    connectionTimeoutMillis: waitMs,
  })
  // A broken connection fails the query that runs on it and is replaced; without listeners it would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name, help, registers: [registry] },
      collect() {
        this.set(read())
      },
    })
  gauge('db_connections_max', 'Most connections the pool may open', () => poolSize)
  gauge('db_connections_active', 'Connections in use', () => pool.totalCount - pool.idleCount)
  gauge('db_connections_idle', 'Connections open and free', () => pool.idleCount)
  gauge('db_connections_waiting', 'Callers waiting for a connection', () => pool.waitingCount)
  return pool
}

/** A connection beside the pool: for listening, and for work that must not wait behind a full pool. */
export function openConnection(url: string, service: string): InstanceType<typeof pg.Client> {
  return new pg.Client(connectionOptions(url, service))
}

/** True for the failure of a caller that waited longer than the pool allows. */
export function isPoolExhausted(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('timeout exceeded when trying to connect')
}

function connectionOptions(url: string, service: string) {
  return { connectionString: url, application_name: `shop-${service}`, options: '-c search_path=shop' }
}
