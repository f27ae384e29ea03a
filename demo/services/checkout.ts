import { metrics, trace } from '@opentelemetry/api'
import { HttpProblem } from '../process/http-problem.ts'
import type { ServiceDefinition, Surroundings } from '../process/service.ts'
import { badVersion } from './bad-deploy.ts'
import { priceOrder, priceOrderWithTerms } from './order-price.ts'
import type { CartItem, Customer, Order, PaymentMethod } from './orders.ts'

/** Turns a cart into an order: reserve, pay, hand over to the order worker. */
export const checkout: ServiceDefinition = {
  poolSize: 4,
  start(surroundings) {
    const meter = metrics.getMeter('shop.checkout')
    const orders = meter.createCounter('shop.orders', { description: 'Orders by how they ended', unit: '{order}' })
    const value = meter.createHistogram('shop.order.value', { description: 'Value of paid orders', unit: 'EUR' })
    return {
      routes: [
        {
          ...{ method: 'POST', path: '/checkout' },
          async handle({ body }) {
            const { customer, method } = body as { customer: Customer; method: PaymentMethod }
            try {
              const order = await buy(surroundings, customer, method)
              orders.add(1, { 'payment.method': method, outcome: 'paid' })
              value.record(order.totalCents / 100, { 'payment.method': method })
              return { status: 201, body: { orderId: order.orderId, totalCents: order.totalCents } }
            } catch (error) {
              orders.add(1, { 'payment.method': method, outcome: 'failed' })
              throw error
            }
          },
        },
      ],
    }
  },
}

async function buy(surroundings: Surroundings, customer: Customer, method: PaymentMethod): Promise<Order> {
  const { http, queue, database, log, version } = surroundings
  const { customerId } = customer
  const { items } = await http.ask<{ items: CartItem[] }>('cart', { method: 'GET', path: `/carts/${customerId}` })
  if (items.length === 0) throw new HttpProblem(409, 'the cart is empty')
  const totalCents = version === badVersion.version ? priceOrderWithTerms(items, method) : priceOrder(items)
  const { rows } = await database.query<{ id: string }>(
    `INSERT INTO orders (customer_id, total_cents, method) VALUES ($1, $2, $3) RETURNING id`,
    [customerId, totalCents, method],
  )
  const order: Order = { orderId: rows[0].id, customer, items, totalCents, method }
  trace.getActiveSpan()?.setAttributes({
    ...{ 'order.id': order.orderId, 'order.items': items.length, 'order.total_cents': totalCents },
    ...{ 'user.id': String(customerId), 'customer.tier': customer.tier },
  })
  log.info({ orderId: order.orderId, items: items.length, method }, `Checkout started for order #${order.orderId}`)
  await http.ask('inventory', { method: 'POST', path: '/reservations', body: { orderId: order.orderId, items } })
  await http.ask('payment', { method: 'POST', path: '/payments', body: order })
  await database.query(`UPDATE orders SET status = 'paid' WHERE id = $1`, [order.orderId])
  await queue.send('orders', order)
  await http.ask('cart', { method: 'DELETE', path: `/carts/${customerId}` })
  log.info({ orderId: order.orderId, totalCents }, `Order #${order.orderId} is paid`)
  return order
}
