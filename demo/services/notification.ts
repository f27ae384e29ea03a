import type { ServiceDefinition } from '../process/service.ts'
import type { OrderNotice } from './orders.ts'

/** Tells customers that their order is on its way. */
export const notification: ServiceDefinition = {
  poolSize: 3,
  async start({ queue, log }) {
    const stop = await queue.consume('notifications', async ({ orderId, customerId, trackingCode }: OrderNotice) => {
      log.info({ orderId, customerId, trackingCode, channel: 'email' }, `Notification sent for order #${orderId}`)
    })
    return { routes: [], stop }
  },
}
