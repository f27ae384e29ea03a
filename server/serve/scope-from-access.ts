import type { Access } from '../access/access.ts'
import { isRefusal } from '../access/refusal.ts'
import type { ScopeOf } from './request-scope.ts'

/** Scopes as access grants them: who asks, which tenant the headers name, and the right to query it. */
export function scopeFromAccess(access: Access): ScopeOf {
  return async ({ headers, remoteAddress, signal }) => {
    const principal = await access.identify(headers, remoteAddress)
    if (isRefusal(principal)) return principal
    const chosen = access.chooseTenant(principal, 'query', headers)
    return isRefusal(chosen) ? chosen : access.openScope(principal, chosen.tenant, { signal })
  }
}
