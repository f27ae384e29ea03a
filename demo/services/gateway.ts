import { context, propagation, trace } from '@opentelemetry/api'
import type { Call, Reply, Route } from '../process/http-server.ts'
import type { ServiceDefinition, Surroundings } from '../process/service.ts'
import type { Customer, PaymentMethod } from './orders.ts'

/** The door of the shop: knows who asks, and passes on to the service that answers. */
export const gateway: ServiceDefinition = {
  poolSize: 0,
  start(surroundings) {
    return { routes: [...openRoutes(surroundings), ...customerRoutes(surroundings)] }
  },
}

function openRoutes({ http, log }: Surroundings): Route[] {
  return [
    {
      ...{ method: 'POST', path: '/api/login' },
      handle: (call) =>
        inSession(call, {}, async () => {
          const body = await http.ask('auth', { method: 'POST', path: '/sessions', body: call.body })
          log.info('Session opened')
          return { status: 201, body }
        }),
    },
    {
      ...{ method: 'GET', path: '/api/products' },
      handle: (call) =>
        inSession(call, {}, async () => ({ body: await http.ask('inventory', { method: 'GET', path: '/products' }) })),
    },
    {
      ...{ method: 'GET', path: '/api/products/:sku' },
      handle: (call) =>
        inSession(call, {}, async () => ({
          body: await http.ask('inventory', { method: 'GET', path: `/products/${call.params.sku}` }),
        })),
    },
  ]
}

function customerRoutes({ http, log }: Surroundings): Route[] {
  const identify = async ({ headers }: Call): Promise<Customer> => {
    const authorization = headers.authorization ?? ''
    const customer = await http.ask<Customer>('auth', { method: 'GET', path: '/session', headers: { authorization } })
    trace.getActiveSpan()?.setAttributes({ 'user.id': String(customer.customerId), 'customer.tier': customer.tier })
    return customer
  }
  return [
    {
      ...{ method: 'GET', path: '/api/cart' },
      handle: (call) =>
        inSession(call, {}, async () => {
          const { customerId } = await identify(call)
          return { body: await http.ask('cart', { method: 'GET', path: `/carts/${customerId}` }) }
        }),
    },
    {
      ...{ method: 'POST', path: '/api/cart/items' },
      handle: (call) =>
        inSession(call, {}, async () => {
          const { customerId } = await identify(call)
          const path = `/carts/${customerId}/items`
          return { status: 201, body: await http.ask('cart', { method: 'POST', path, body: call.body }) }
        }),
    },
    {
      ...{ method: 'POST', path: '/api/checkout' },
      handle: (call) => {
        const { method } = call.body as { method: PaymentMethod }
        return inSession(call, { 'payment.method': method }, async () => {
          const customer = await identify(call)
          const startedMs = performance.now()
          const body = await http.ask('checkout', { method: 'POST', path: '/checkout', body: { customer, method } })
          log.info({ durationMs: Math.round(performance.now() - startedMs) }, 'Checkout completed')
          return { status: 201, body }
        })
      },
    },
  ]
}

/** Runs the work with the user's session, and what else is worth following, in the baggage of all calls that follow. */
function inSession(call: Call, follow: Readonly<Record<string, string>>, work: () => Promise<Reply>): Promise<Reply> {
  const entries: Record<string, string> = { ...follow }
  const session = call.headers['x-session-id']
  if (typeof session === 'string') entries['session.id'] = session
  trace.getActiveSpan()?.setAttributes(entries)
  const baggage = propagation.createBaggage(
    Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, { value }])),
  )
  return context.with(propagation.setBaggage(context.active(), baggage), work)
}
