import { Gauge } from 'prom-client'
import type { Route } from '../process/http-server.ts'
import type { ServiceDefinition, Surroundings } from '../process/service.ts'
import type { CartItem } from './orders.ts'

/** Keeps what a customer wants to buy. */
export const cart: ServiceDefinition = {
  poolSize: 4,
  start(surroundings) {
    const history = new ChangeHistory()
    const { registry } = surroundings.measures
    new Gauge({
      ...{ name: 'cart_history_entries', help: 'Cart changes kept in memory', registers: [registry] },
      collect() {
        this.set(history.size)
      },
    })
    return {
      routes: cartRoutes(surroundings, history),
      faults: { 'memory-leak': (active) => history.keepEverything(active) },
      stop: () => history.keepEverything(false),
    }
  },
}

function cartRoutes({ database, http, log }: Surroundings, history: ChangeHistory): Route[] {
  return [
    {
      ...{ method: 'GET', path: '/carts/:customer' },
      async handle({ params }) {
        const { rows } = await database.query<CartItem>(
          'SELECT sku, quantity, price_cents AS "priceCents" FROM cart_items WHERE customer_id = $1 ORDER BY sku',
          [params.customer],
        )
        return { body: { items: rows } }
      },
    },
    {
      ...{ method: 'POST', path: '/carts/:customer/items' },
      async handle({ params, body }) {
        const { sku, quantity = 1 } = body as { sku: string; quantity?: number }
        const product = await http.ask<{ priceCents: number }>('inventory', { method: 'GET', path: `/products/${sku}` })
        await database.query(
          `INSERT INTO cart_items (customer_id, sku, quantity, price_cents) VALUES ($1, $2, $3, $4)
           ON CONFLICT (customer_id, sku) DO UPDATE SET quantity = least(cart_items.quantity + excluded.quantity, 9)`,
          [params.customer, sku, quantity, product.priceCents],
        )
        history.add({ customer: params.customer, sku, quantity })
        log.info({ customerId: Number(params.customer), sku, quantity }, 'Added item to cart')
        return { status: 201, body: { sku, quantity, priceCents: product.priceCents } }
      },
    },
    {
      ...{ method: 'DELETE', path: '/carts/:customer' },
      async handle({ params }) {
        await database.query('DELETE FROM cart_items WHERE customer_id = $1', [params.customer])
        return { body: {} }
      },
    },
  ]
}

interface Change {
  readonly customer: string
  readonly sku: string
  readonly quantity: number
}

/** The latest changes of all carts, for "undo". With the fault on, nothing is forgotten any more. */
class ChangeHistory {
  private readonly kept: string[][] = []
  private timer: NodeJS.Timeout | undefined
  private leaking = false
  private static readonly limit = 20
  /** Each change drags a copy of a rendered page with it: 64 strings of 1 kB. */
  private static readonly copies = 64
  /** Abandoned carts are snapshotted this often, ms: the leak grows about 0.5 MB/s even when the shop is quiet. */
  private static readonly snapshotMs = 120

  get size(): number {
    return this.kept.length
  }

  add(change: Change): void {
    const line = JSON.stringify(change)
    this.kept.push(
      Array.from({ length: ChangeHistory.copies }, (_, i) => Buffer.alloc(1_000, `${i}${line}`).toString('latin1')),
    )
    if (!this.leaking) while (this.kept.length > ChangeHistory.limit) this.kept.shift()
  }

  keepEverything(active: boolean): void {
    clearInterval(this.timer)
    this.leaking = active
    if (active)
      this.timer = setInterval(() => this.add({ customer: '0', sku: 'none', quantity: 0 }), ChangeHistory.snapshotMs)
    else this.kept.length = Math.min(this.kept.length, ChangeHistory.limit)
  }
}
