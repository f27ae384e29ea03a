import type { AddressInfo } from 'node:net'
import { propagation } from '@opentelemetry/api'
import { openDatabase } from './database.ts'
import { createHttpClient } from './http-client.ts'
import { serveRoutes } from './http-server.ts'
import { http, pino } from './instrumented.ts'
import { followLauncher } from './launcher-link.ts'
import { createMeasures } from './measures.ts'
import type { Addresses, FaultName } from './messages.ts'
import { createQueue } from './queue.ts'
import type { Service, ServiceDefinition } from './service.ts'

/** What `main.ts` hands over once the telemetry runs. */
export interface Run {
  readonly name: string
  readonly version: string
  readonly definition: ServiceDefinition
  stopTelemetry(): Promise<void>
}

/** Longest time the last telemetry may take to leave, ms: a receiver that is gone must not hold the process. */
const flushLimitMs = 2_000
/** Idle time of a caller's connection, ms: longer than the pauses between requests of a quiet shop. */
const keepAliveMs = 60_000

/** Opens the port, reports it to the launcher, and serves the routes as soon as the other processes can be reached. */
export function runService({ name, version, definition, stopTelemetry }: Run): void {
  const log = pino({ mixin: sessionOfRequest })
  const measures = createMeasures()
  let service: Service | undefined
  const server = http.createServer()
  server.keepAliveTimeout = keepAliveMs

  async function begin(ports: Addresses): Promise<void> {
    const url = process.env.SHOP_DATABASE_URL ?? ''
    const { poolSize, poolWaitMs: waitMs } = definition
    const database = openDatabase({ url, service: name, poolSize, waitMs, registry: measures.registry })
    const queue = createQueue({ pool: database, url, service: name, log, registry: measures.registry })
    const client = createHttpClient(ports)
    service = await definition.start({ log, measures, http: client, database, queue, databaseUrl: url, version })
    server.on('request', serveRoutes(service.routes, { log, measures }))
    log.info({ version }, `${name} ${version} is up`)
  }

  async function switchFault(fault: FaultName, active: boolean): Promise<void> {
    const turn = service?.faults?.[fault]
    if (turn === undefined) throw new Error(`${name} has no fault ${fault}`)
    await turn(active)
  }

  async function stop(): Promise<void> {
    service?.stop?.()
    server.close()
    server.closeIdleConnections()
    await Promise.race([stopTelemetry(), new Promise((resolve) => setTimeout(resolve, flushLimitMs))])
  }

  server.listen(Number(process.env.SHOP_PORT ?? 0), '127.0.0.1', () => {
    followLauncher((server.address() as AddressInfo).port, { begin, switchFault, stop })
  })
}

/** Log lines carry the session of the user whose request they belong to. */
function sessionOfRequest(): Record<string, string> {
  const session = propagation.getActiveBaggage()?.getEntry('session.id')
  return session === undefined ? {} : { 'session.id': session.value }
}
