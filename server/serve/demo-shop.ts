/** One fault that can be switched on in the demo shop. */
export interface DemoFault {
  readonly name: string
  readonly title: string
  readonly active: boolean
  readonly sinceUnixMs?: number
}

/** `absent`: this installation carries no demo shop. */
export type DemoStatus = 'absent' | 'off' | 'starting' | 'running' | 'stopping' | 'removing'

export interface DemoShopState {
  readonly status: DemoStatus
  /** Name of the tenant that holds its telemetry. */
  readonly tenant: string
  /** The tenant is there: its rows have not been removed. */
  readonly hasRows: boolean
  /** Unix ms; 0 = does not run. */
  readonly startedMs: number
  /** When it is stopped by itself, Unix ms; 0 = does not run. */
  readonly stopsMs: number
  readonly processes: readonly string[]
  readonly faults: readonly DemoFault[]
  /** Why the last act failed; '' where it did not. */
  readonly trouble: string
}

/** An act that the shop's state does not allow just now, in words. */
export class DemoRefusal extends Error {
  override readonly name = 'DemoRefusal'
}

/** The demo shop that this server runs. `by` is the name of who asks, for the audit record. */
export interface DemoShop {
  state(): Promise<DemoShopState>
  /** Begins to start it and returns; `state` tells how it goes. Throws: DemoRefusal. */
  open(by: string): Promise<void>
  /** Begins to stop it and returns. Stopping what does not run is no fault. Throws: DemoRefusal. */
  close(by: string): Promise<void>
  /** Stops it where it runs, and begins to remove its rows and its tenant. Throws: DemoRefusal. */
  remove(by: string): Promise<void>
  /** Resolves when the fault is real or gone. Throws: DemoRefusal. */
  switchFault(name: string, isActive: boolean): Promise<void>
}
