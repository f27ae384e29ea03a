import type { ServiceDefinition } from '../process/service.ts'
import type { Order } from './orders.ts'

/** Finds a carrier and a tracking code for an order. */
export const shipping: ServiceDefinition = {
  poolSize: 0,
  start({ log }) {
    return {
      routes: [
        {
          ...{ method: 'POST', path: '/shipments' },
          handle({ body }) {
            const { orderId, customer } = body as Order
            const carrier = customer.tier === 'gold' ? 'express' : 'standard'
            const trackingCode = `SHP-${orderId.padStart(8, '0')}`
            log.info({ orderId, carrier, trackingCode }, `Shipment booked for order #${orderId}`)
            return { status: 201, body: { carrier, trackingCode } }
          },
        },
      ],
    }
  },
}
