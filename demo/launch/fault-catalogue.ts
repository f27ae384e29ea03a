import { availableParallelism } from 'node:os'
import type { FaultName } from '../process/messages.ts'
import { badVersion } from '../services/bad-deploy.ts'
import { allowedCpus, lastCpu, pinProcess } from './cpu-affinity.ts'
import type { Fleet } from './fleet.ts'

/** A signal in which a fault shows, by the name it has in the telemetry. */
interface FaultSignal {
  readonly signal: 'metrics' | 'logs' | 'traces'
  readonly service: string
  /** Metric name, log message or span name, or the beginning of it. */
  readonly name: string
}

/** What a root-cause analysis should find. */
export interface FaultCause {
  readonly service: string
  readonly component: string
  readonly summary: string
}

/** One fault: what it is, what shows it, and how it is made real. */
export interface Fault {
  readonly name: FaultName
  readonly title: string
  readonly cause: FaultCause
  /** The strongest signals, the one nearest to the cause first. */
  readonly signals: readonly FaultSignal[]
  /** Services whose users suffer, the cause's own included. */
  readonly affected: readonly string[]
  begin(fleet: Fleet): Promise<void>
  end(fleet: Fleet): Promise<void>
}

/** A fault that is switched inside one process. */
function inside(service: string, name: FaultName): Pick<Fault, 'name' | 'begin' | 'end'> {
  return {
    name,
    begin: (fleet) => fleet.switchFault(service, name, true),
    end: (fleet) => fleet.switchFault(service, name, false),
  }
}

const metric = (service: string, name: string): FaultSignal => ({ signal: 'metrics', service, name })
const line = (service: string, name: string): FaultSignal => ({ signal: 'logs', service, name })
const span = (service: string, name: string): FaultSignal => ({ signal: 'traces', service, name })

const connectionPool: Fault = {
  ...inside('payment', 'connection-pool'),
  title: 'Connection pool exhausted by a slow query',
  cause: {
    service: 'payment',
    component: 'PostgreSQL index transactions_customer',
    summary:
      'Migration 0042 dropped an index; the history query reads all of transactions, runs pile up and hold every connection of the pool',
  },
  signals: [
    metric('payment', 'db_connections_active'),
    metric('payment', 'db_connections_waiting'),
    line('payment', 'Slow query: SELECT * FROM transactions WHERE'),
    line('payment', 'Database connection pool exhausted'),
    line('payment', 'Using fallback payment processor'),
    span('payment', 'pg.query:SELECT'),
    span('payment', 'pg-pool.connect'),
  ],
  affected: ['payment', 'checkout', 'api-gateway'],
}

const memoryLeak: Fault = {
  ...inside('cart', 'memory-leak'),
  title: 'Memory leak',
  cause: {
    service: 'cart',
    component: 'change history',
    summary: 'The history of cart changes is never trimmed; the heap grows to its limit and the process dies',
  },
  signals: [
    metric('cart', 'cart_history_entries'),
    metric('cart', 'nodejs_heap_size_used_bytes'),
    metric('cart', 'process_resident_memory_bytes'),
    metric('cart', 'nodejs_gc_duration_seconds'),
  ],
  affected: ['cart', 'checkout', 'api-gateway'],
}

const badDeploy: Fault = {
  name: 'bad-deploy',
  title: `Bad deploy of ${badVersion.service} ${badVersion.version}`,
  cause: {
    service: badVersion.service,
    component: `release ${badVersion.version}`,
    summary:
      'The new release has no terms for paypal; every checkout with payment.method=paypal fails with a TypeError',
  },
  signals: [
    span(badVersion.service, 'POST /checkout'),
    line(badVersion.service, 'Request failed: Cannot destructure property'),
    metric(badVersion.service, 'http_errors_total'),
    metric(badVersion.service, 'shop.orders'),
  ],
  affected: [badVersion.service, 'api-gateway'],
  begin: (fleet) => fleet.deploy(badVersion.service, { SHOP_VERSION: badVersion.version }),
  end: (fleet) => fleet.deploy(badVersion.service, {}),
}

const slowDependency: Fault = {
  ...inside('bank-api', 'slow-dependency'),
  title: 'Slow dependency',
  cause: {
    service: 'bank-api',
    component: 'POST /v1/authorizations',
    summary: 'The bank, which sends no telemetry, answers 1.5 to 2.5 seconds late',
  },
  signals: [
    span('payment', 'POST'),
    metric('payment', 'http.client.request.duration'),
    metric('payment', 'http_request_duration_seconds'),
  ],
  affected: ['payment', 'checkout', 'api-gateway'],
}

/** Threads of the neighbour where all share one CPU: inventory is left with a sixth of it. */
const neighbourThreads = 5

const noisyNeighbour: Fault = {
  name: 'noisy-neighbour',
  title: 'Noisy neighbour',
  cause: {
    service: 'report-batch',
    component: 'CPU',
    summary: 'A batch report computes without pause on the CPU that inventory runs on',
  },
  signals: [
    metric('report-batch', 'process_cpu_seconds_total'),
    metric('inventory', 'http_request_duration_seconds'),
    metric('inventory', 'nodejs_eventloop_lag_p99_seconds'),
  ],
  affected: ['inventory', 'cart', 'checkout', 'api-gateway'],
  async begin(fleet) {
    const cpus = allowedCpus()
    const pinned = cpus !== undefined && pin(fleet, 'inventory', lastCpu(cpus))
    const threads = pinned ? neighbourThreads : neighbourThreads * availableParallelism()
    const spec = { name: 'report-batch', script: 'outside/report-batch.ts', env: { SHOP_WORKERS: String(threads) } }
    await fleet.start([spec])
    if (pinned) pin(fleet, 'report-batch', lastCpu(cpus))
  },
  async end(fleet) {
    await fleet.remove('report-batch')
    const cpus = allowedCpus()
    if (cpus !== undefined) pin(fleet, 'inventory', cpus)
  },
}

function pin(fleet: Fleet, name: string, cpus: string): boolean {
  const member = fleet.members.find((candidate) => candidate.name === name)
  return member !== undefined && pinProcess(member.pid, cpus)
}

const trafficSpike: Fault = {
  ...inside('load-generator', 'traffic-spike'),
  title: 'Traffic spike',
  cause: {
    service: 'load-generator',
    component: 'users',
    summary: 'Six times the usual number of requests arrive; no service is broken',
  },
  signals: [
    metric('api-gateway', 'http_requests_total'),
    metric('api-gateway', 'process_cpu_seconds_total'),
    metric('api-gateway', 'http_request_duration_seconds'),
  ],
  affected: ['api-gateway', 'inventory', 'cart', 'checkout', 'payment'],
}

/** All faults, in the order in which they are listed to people. */
export const faultCatalogue: readonly Fault[] = [
  connectionPool,
  memoryLeak,
  badDeploy,
  slowDependency,
  noisyNeighbour,
  trafficSpike,
]
