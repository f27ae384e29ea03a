import type { ServiceDefinition } from '../process/service.ts'

interface Entry {
  /** `service.version` of a healthy deploy. */
  readonly version: string
  /** Loads the service's code, which must not happen before its telemetry was started. */
  load(): Promise<ServiceDefinition>
}

/** The services of the shop by `service.name`, which is also the name others call them by. */
export const services = {
  'api-gateway': { version: '2.3.0', load: () => import('./gateway.ts').then((module) => module.gateway) },
  auth: { version: '1.8.2', load: () => import('./auth.ts').then((module) => module.auth) },
  cart: { version: '1.12.0', load: () => import('./cart.ts').then((module) => module.cart) },
  checkout: { version: '4.1.0', load: () => import('./checkout.ts').then((module) => module.checkout) },
  inventory: { version: '2.0.5', load: () => import('./inventory.ts').then((module) => module.inventory) },
  payment: { version: '3.4.0', load: () => import('./payment.ts').then((module) => module.payment) },
  shipping: { version: '1.1.0', load: () => import('./shipping.ts').then((module) => module.shipping) },
  notification: { version: '1.5.1', load: () => import('./notification.ts').then((module) => module.notification) },
  'order-worker': { version: '1.3.0', load: () => import('./order-worker.ts').then((module) => module.orderWorker) },
} as const satisfies Record<string, Entry>

export type ServiceName = keyof typeof services

export const serviceNames = Object.keys(services) as ServiceName[]
