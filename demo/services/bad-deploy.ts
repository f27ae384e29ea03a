import type { ServiceName } from './registry.ts'

/** The release that must never have been shipped: its pricing fails for one way to pay. */
export const badVersion: { readonly service: ServiceName; readonly version: string } = {
  service: 'checkout',
  version: '4.2.0',
}
