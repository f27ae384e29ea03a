import type { Pool } from 'pg'
import { Counter } from 'prom-client'
import { isPoolExhausted } from '../process/database.ts'
import { HttpProblem } from '../process/http-problem.ts'
import type { ServiceDefinition, Surroundings } from '../process/service.ts'
import type { Order } from './orders.ts'
import { readHistory } from './payment-history.ts'
import { startReconciling } from './reconciliation.ts'
import { dropHistoryIndex, restoreHistoryIndex } from './transaction-index.ts'

/** Takes the money: looks at the customer's history, asks the bank, and books the transaction. */
export const payment: ServiceDefinition = {
  poolSize: 10,
  poolWaitMs: 1_000,
  start(surroundings) {
    const { database, databaseUrl, log } = surroundings
    const stop = startReconciling({ database, log })
    const count = countPayments(surroundings)
    return {
      routes: [
        {
          ...{ method: 'POST', path: '/payments' },
          async handle({ body }) {
            const order = body as Order
            return { status: 201, body: await count(order, () => pay(surroundings, order)) }
          },
        },
      ],
      faults: {
        'connection-pool': (active) =>
          active ? dropHistoryIndex(databaseUrl, log) : restoreHistoryIndex(databaseUrl, log),
      },
      stop,
    }
  },
}

type Processor = 'bank' | 'fallback'

interface Authorization {
  readonly approved: boolean
  readonly reference: string
}

async function pay(surroundings: Surroundings, order: Order): Promise<{ processor: Processor; reference: string }> {
  const { log, database } = surroundings
  const { orderId, totalCents, method } = order
  log.info({ orderId, totalCents, method }, `Payment processing started for order #${orderId}`)
  const settled = await Promise.resolve()
    .then(() => payByBank(surroundings, order))
    .catch((error: unknown) => payByFallback(surroundings, order, error))
  log.info({ orderId, ...settled, waiting: database.waitingCount }, `Payment settled for order #${orderId}`)
  return settled
}

async function payByBank({ database, http, log }: Surroundings, order: Order) {
  await readHistory({ database, log }, order.customer.customerId)
  const authorization = await http.ask<Authorization>('bank-api', {
    ...{ method: 'POST', path: '/v1/authorizations', timeoutMs: 5_000 },
    body: { orderId: order.orderId, amountCents: order.totalCents, method: order.method },
  })
  if (!authorization.approved) {
    log.warn({ orderId: order.orderId, method: order.method }, 'Payment declined by the bank')
    throw new HttpProblem(402, 'the bank declined the payment')
  }
  await book(database, order, authorization.reference)
  return { processor: 'bank' as const, reference: authorization.reference }
}

/** Without a database connection the risk cannot be judged: another processor carries it, for a higher fee. */
async function payByFallback({ http, log, database }: Surroundings, order: Order, error: unknown) {
  if (!isPoolExhausted(error)) throw error
  const { orderId, totalCents, method } = order
  const { totalCount, waitingCount } = database
  log.error(
    { err: error, orderId, connections: totalCount, waiting: waitingCount },
    'Database connection pool exhausted',
  )
  log.warn({ orderId }, 'Using fallback payment processor')
  const { reference } = await http.ask<Authorization>('bank-api', {
    ...{ method: 'POST', path: '/v1/fallback-authorizations', timeoutMs: 5_000 },
    body: { orderId, amountCents: totalCents, method },
  })
  return { processor: 'fallback' as const, reference }
}

async function book(database: Pool, { orderId, customer, totalCents, method }: Order, reference: string) {
  await database.query(
    `INSERT INTO transactions (order_id, customer_id, amount_cents, method, reference) VALUES ($1, $2, $3, $4, $5)`,
    [orderId, customer.customerId, totalCents, method, reference],
  )
}

function countPayments({ measures: { registry } }: Surroundings) {
  const requests = new Counter({
    ...{ name: 'payment_requests_total', help: 'Payments asked for, by how they ended', registers: [registry] },
    labelNames: ['method', 'processor', 'status'],
  })
  const errors = new Counter({
    ...{ name: 'payment_errors_total', help: 'Payments that failed', registers: [registry] },
    labelNames: ['method'],
  })
  return async <T extends { processor: Processor }>(order: Order, work: () => Promise<T>): Promise<T> => {
    const { method } = order
    errors.inc({ method }, 0)
    try {
      const settled = await work()
      requests.inc({ method, processor: settled.processor, status: 'settled' })
      return settled
    } catch (error) {
      const declined = error instanceof HttpProblem && error.status === 402
      requests.inc({ method, processor: 'none', status: declined ? 'declined' : 'failed' })
      if (!declined) errors.inc({ method })
      throw error
    }
  }
}
