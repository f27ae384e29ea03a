import {
  type ApiKeys,
  keyPathSchema,
  keyRequestSchema,
  keysSchema,
  newKeySchema,
  revokedKeySchema,
} from '../../../contract/index.ts'
import { refuse } from '../../access/refusal.ts'
import type { ApiToken, ApiTokens } from '../../catalog/resources/api-tokens.ts'
import type { Scope } from '../../model/scope.ts'
import { badQuestion } from '../../query/faults.ts'
import { instantJson } from '../json/records.ts'
import { Refused, type ScopeOf, withScope } from '../request-scope.ts'
import { type ApiInstance, errorAnswers } from './route-parts.ts'

export interface KeyParts {
  readonly scopeOf: ScopeOf
  readonly tokens: Pick<ApiTokens, 'list' | 'create' | 'revoke'>
  /** Whether who asks has the right `admin` on the tenant of the scope. */
  readonly mayAdminister: (scope: Scope) => boolean
}

/** Keys of one tenant; beyond it no further one is made. */
const mostKeys = 200

/** `GET` and `POST /api/keys`, `DELETE /api/keys/{id}` */
export function registerKeys(api: ApiInstance, parts: KeyParts): void {
  api.get(
    '/api/keys',
    {
      schema: { summary: 'Keys of senders and programs of the tenant', response: { 200: keysSchema, ...errorAnswers } },
    },
    (request, reply) =>
      withScope(parts.scopeOf, { request, reply }, async (scope) => {
        const isManager = parts.mayAdminister(scope)
        const keys = isManager ? await keysOf(parts, scope) : []
        return { keys: keys.map(keyJson), may_manage: isManager }
      }),
  )
  api.post(
    '/api/keys',
    {
      schema: {
        summary: 'Make a key with which senders of the tenant may send',
        body: keyRequestSchema,
        response: { 200: newKeySchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(parts.scopeOf, { request, reply }, async (scope) => {
        requireAdmin(parts, scope)
        if ((await keysOf(parts, scope)).length >= mostKeys)
          throw badQuestion('keys', `a tenant has at most ${mostKeys} keys; revoke one first`)
        const draft = { name: request.body.name, tenant: scope.tenant, rights: ['ingest'] as const }
        const { secret, token } = await parts.tokens.create(draft, scope.principal.name)
        return { key: keyJson(token), secret }
      }),
  )
  api.delete(
    '/api/keys/:id',
    {
      schema: {
        summary: 'Revoke a key of the tenant; who sends with it is refused within seconds',
        params: keyPathSchema,
        response: { 200: revokedKeySchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(parts.scopeOf, { request, reply }, async (scope) => {
        requireAdmin(parts, scope)
        const { id } = request.params
        const isOwn = (await keysOf(parts, scope)).some((token) => token.id === id)
        return { revoked: isOwn && (await parts.tokens.revoke(id, scope.principal.name)) }
      }),
  )
}

/** Keys for all tenants are not of one tenant, and not shown with it. */
async function keysOf({ tokens }: KeyParts, scope: Scope): Promise<readonly ApiToken[]> {
  return (await tokens.list()).filter(({ tenant }) => tenant === scope.tenant)
}

function requireAdmin({ mayAdminister }: KeyParts, scope: Scope): void {
  if (!mayAdminister(scope))
    throw new Refused(refuse(403, `${scope.principal.name} may not manage keys: that needs admin on the tenant`))
}

function keyJson({ id, name, rights, createdMs, createdBy, expiresMs }: ApiToken): ApiKeys['keys'][number] {
  return {
    ...{ id, name, rights: [...rights], created_at: instantJson(createdMs), created_by: createdBy },
    expires_at: expiresMs === null ? null : instantJson(expiresMs),
  }
}
