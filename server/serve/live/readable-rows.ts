import type { Ledger } from '../../model/ledger.ts'
import type { Signal } from '../../model/signal.ts'
import type { TenantId } from '../../model/tenant.ts'

type Listener = (tenant: TenantId, signal: Signal) => void

/** Tells whoever listens that rows of a tenant and signal have become readable. */
export class ReadableRows {
  readonly #listeners = new Set<Listener>()

  /** The returned function ends it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(tenant: TenantId, signal: Signal): void {
    for (const listener of this.#listeners) listener(tenant, signal)
  }

  /** The same ledger; what it counts as stored is told. The loader counts rows as stored once the store has them. */
  of(ledger: Ledger): Ledger {
    return {
      ...ledger,
      stored: (key, rows) => {
        ledger.stored(key, rows)
        this.tell(key.tenant, key.signal)
      },
    }
  }
}
