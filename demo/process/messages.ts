/** The faults that can be switched on; what each does stands in `launch/fault-catalogue.ts`. */
export type FaultName =
  | 'connection-pool'
  | 'memory-leak'
  | 'bad-deploy'
  | 'slow-dependency'
  | 'noisy-neighbour'
  | 'traffic-spike'

/** Where each process of the shop listens on loopback, by its name. */
export type Addresses = Readonly<Record<string, number>>

/** From the launcher to a process of the shop, over the IPC channel. */
export type ToProcess =
  | { readonly kind: 'addresses'; readonly ports: Addresses }
  | { readonly kind: 'fault'; readonly id: number; readonly name: FaultName; readonly active: boolean }
  | { readonly kind: 'stop' }

/** From a process of the shop to the launcher. `listening` comes first, `ready` after the addresses were taken in. */
export type FromProcess =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'fault-switched'; readonly id: number; readonly error?: string }
