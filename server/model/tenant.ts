declare const tenantBrand: unique symbol

/** Number of a tenant: the first key of every table. UInt32; given out by the catalog. */
export type TenantId = number & { readonly [tenantBrand]: true }

/** The tenant that holds Sightline's own telemetry. Its ingest is never traced, so that no loop arises. */
export const systemTenant = 0 as TenantId

/** The tenant of a sender that names none. */
export const defaultTenant = 1 as TenantId

/** Names as people see them; the catalog adds the others. */
export const builtInTenants: readonly { id: TenantId; name: string }[] = [
  { id: systemTenant, name: '_system' },
  { id: defaultTenant, name: 'default' },
]
