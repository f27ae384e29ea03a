import type { TenantId } from '../model/tenant.ts'
import type { Tenant } from './resources/tenants.ts'

/**
 * Tenants in memory, as of a few seconds ago: asked on every request, answers at once, and goes on answering
 * while the database is away.
 */
export interface TenantDirectory {
  byId(id: TenantId): Tenant | undefined
  byName(name: string): Tenant | undefined
  all(): readonly Tenant[]
  /** Whether anybody has been set up to sign in. */
  hasUsers(): boolean
}

/** The directory with the means to fill it. */
export class FilledDirectory implements TenantDirectory {
  readonly #byId = new Map<TenantId, Tenant>()
  readonly #byName = new Map<string, Tenant>()
  #hasUsers = false

  fill(tenants: readonly Tenant[], userCount: number): void {
    this.#byId.clear()
    this.#byName.clear()
    for (const tenant of tenants) {
      this.#byId.set(tenant.id, tenant)
      this.#byName.set(tenant.name, tenant)
    }
    this.#hasUsers = userCount > 0
  }

  byId(id: TenantId): Tenant | undefined {
    return this.#byId.get(id)
  }

  byName(name: string): Tenant | undefined {
    return this.#byName.get(name)
  }

  all(): readonly Tenant[] {
    return [...this.#byId.values()]
  }

  hasUsers(): boolean {
    return this.#hasUsers
  }
}
