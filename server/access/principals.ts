import type { Right } from '../catalog/resources/api-tokens.ts'
import type { Principal } from '../model/scope.ts'
import { systemTenant, type TenantId } from '../model/tenant.ts'

/** What a principal may do, and on which tenants. */
interface Grant {
  readonly rights: ReadonlySet<Right>
  /** Null: every tenant. */
  readonly tenant: TenantId | null
}

/** Kept apart from the principals themselves: one that was not made here has no rights, whatever it says of itself. */
const grants = new WeakMap<Principal, Grant>()

/** Makes a principal. `admin` includes the other rights. */
export function makePrincipal(principal: Principal, rights: readonly Right[], tenant: TenantId | null): Principal {
  const made = Object.freeze({ ...principal })
  const all: readonly Right[] = rights.includes('admin') ? ['ingest', 'query', 'admin'] : rights
  grants.set(made, { rights: new Set(all), tenant })
  return made
}

/** Whether a principal has a right on a tenant. Nobody but Sightline itself writes into its own tenant. */
export function hasRight(principal: Principal, right: Right, tenant: TenantId): boolean {
  const grant = grants.get(principal)
  if (grant === undefined || !grant.rights.has(right)) return false
  if (right === 'ingest' && tenant === systemTenant && principal.kind !== 'system') return false
  return grant.tenant === null || grant.tenant === tenant
}

/** Name of the token that a principal is, without the `token:` in front; '' for one that is none. */
export function tokenNameOf({ kind, name }: Principal): string {
  return kind === 'token' ? name.slice('token:'.length) : ''
}

/** The one tenant that a principal is bound to; null: none. */
export function tenantOf(principal: Principal): TenantId | null {
  return grants.get(principal)?.tenant ?? null
}
