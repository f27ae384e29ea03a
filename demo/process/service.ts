import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { HttpClient } from './http-client.ts'
import type { Route } from './http-server.ts'
import type { Measures } from './measures.ts'
import type { FaultName } from './messages.ts'
import type { Queue } from './queue.ts'

/** What the process gives to the service that runs in it. */
export interface Surroundings {
  readonly log: Logger
  readonly measures: Measures
  readonly http: HttpClient
  /** The service's own pool in the shop's database. */
  readonly database: Pool
  readonly queue: Queue
  /** For connections beside the pool. */
  readonly databaseUrl: string
  /** The version that runs: another one than the definition's after a bad deploy. */
  readonly version: string
}

/** A started service. */
export interface Service {
  readonly routes: readonly Route[]
  /** Faults that are realised inside this service. */
  readonly faults?: Readonly<Partial<Record<FaultName, (active: boolean) => Promise<void> | void>>>
  stop?(): void
}

/** One service of the shop. */
export interface ServiceDefinition {
  /** Most database connections; 0: the service must not touch its database or queue. */
  readonly poolSize: number
  /** Longest wait for a free connection, ms. */
  readonly poolWaitMs?: number
  start(surroundings: Surroundings): Promise<Service> | Service
}
