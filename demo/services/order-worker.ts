import { Gauge } from 'prom-client'
import type { ServiceDefinition, Surroundings } from '../process/service.ts'
import type { Order, OrderNotice } from './orders.ts'

/** Rows older than this are deleted, so that a shop that runs for days stays small. */
const keepHours = 1
const cleanEveryMs = 60_000

/** Takes paid orders off the queue: books the shipment and lets the customer know. */
export const orderWorker: ServiceDefinition = {
  poolSize: 4,
  async start(surroundings) {
    const { queue, http, log } = surroundings
    watchQueue(surroundings)
    const timer = setInterval(() => void clean(surroundings), cleanEveryMs)
    const stopConsuming = await queue.consume('orders', async (order: Order) => {
      const { orderId, customer } = order
      const shipment = await http.ask<{ trackingCode: string }>('shipping', {
        ...{ method: 'POST', path: '/shipments', body: order },
      })
      const notice: OrderNotice = { orderId, customerId: customer.customerId, trackingCode: shipment.trackingCode }
      await queue.send('notifications', notice)
      log.info({ orderId }, `Order #${orderId} handed over to shipping`)
    })
    return {
      routes: [],
      stop() {
        clearInterval(timer)
        stopConsuming()
      },
    }
  },
}

function watchQueue({ database, measures: { registry } }: Surroundings): void {
  new Gauge({
    ...{ name: 'queue_messages_waiting', help: 'Messages in the queue', registers: [registry], labelNames: ['topic'] },
    async collect() {
      const { rows } = await database
        .query<{ topic: string; waiting: number }>(
          `SELECT topic, count(m.id)::int AS waiting FROM unnest(ARRAY['orders', 'notifications']) AS topic
           LEFT JOIN queue_messages m USING (topic) GROUP BY topic`,
        )
        .catch(() => ({ rows: [] }))
      for (const { topic, waiting } of rows) this.set({ topic }, waiting)
    },
  })
}

async function clean({ database, log }: Surroundings): Promise<void> {
  try {
    for (const table of ['orders', 'transactions'])
      await database.query(
        `DELETE FROM ${table} WHERE NOT seeded AND created_at < now() - make_interval(hours => $1)`,
        [keepHours],
      )
  } catch (error) {
    log.warn({ err: error }, 'Old rows cannot be deleted')
  }
}
