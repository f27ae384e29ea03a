import { type ApiTokens, type Right, tokenPrefix } from '../catalog/resources/api-tokens.ts'
import type { TenantDirectory } from '../catalog/tenant-directory.ts'
import type { Principal, QueryLimits } from '../model/scope.ts'
import { Overloaded } from '../model/sink.ts'
import { defaultTenant, type TenantId } from '../model/tenant.ts'
import type { Clock } from '../runtime/clock.ts'
import { isLoopback } from '../runtime/config/rules.ts'
import type { Config } from '../runtime/config/schema.ts'
import { readCredentials } from './credentials.ts'
import { makeScope, type OpenScope } from './open-scope.ts'
import { hasRight, makePrincipal, tenantOf, tokenNameOf } from './principals.ts'
import { headerOf, isRefusal, type Refusal, type RequestHeaders, refuse } from './refusal.ts'
import { checkOrigin, type OriginRules } from './request-origin.ts'
import { TokenCheck } from './token-check.ts'

export interface AccessOptions {
  readonly config: Pick<Config, 'access' | 'http' | 'otlp' | 'query'>
  readonly tokens: Pick<ApiTokens, 'find'>
  readonly directory: TenantDirectory
  readonly clock: Clock
}

/** What the caller wants of a scope. Limits beyond the configured ones are cut to them. */
export interface ScopeWish {
  /** Cut to `query.timeout` for everybody but Sightline itself. Left out: `query.timeout`. */
  readonly timeoutMs?: number
  readonly limits?: Partial<QueryLimits>
  /** Aborted when the client goes away. */
  readonly signal?: AbortSignal
}

/** What a receiver is told of a sender. */
export type IngestDecision =
  | {
      readonly tenant: TenantId
      /** Name of the token that was shown, `access.adminToken` for that one; '' where it was let in without. */
      readonly accessKey: string
    }
  | { readonly status: 401 | 403; readonly message: string }

/** When a sender may ask again whose token could not be checked. */
const retryAfterMs = 5_000

/** The principal may not do this on the tenant. */
export class AccessDenied extends Error {
  override readonly name = 'AccessDenied'
}

/** Headers that name a tenant; the first is what Loki, Mimir and Tempo use. */
const tenantHeaders = ['x-scope-orgid', 'x-sightline-tenant']
/** Headers of a proxy: behind one, a caller on this machine is not the person at it. */
const forwardingHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

const howToSignIn =
  'expected a token as `Authorization: Bearer TOKEN`, as the password of `Authorization: Basic`, or as `X-API-Key`'

/**
 * Who may do what. The only place where principals and scopes are made.
 *
 * A request with a token is judged by the token. A request without one is the local person's, with every right, if
 * it comes from this machine to a listener that only this machine reaches, no user is set up, and
 * `access.authentication` is `auto`; with `off` it is let in from anywhere. What is trusted without a token is
 * checked for its Host and Origin.
 */
export class Access {
  readonly #options: AccessOptions
  readonly #tokens: TokenCheck
  readonly #origins: OriginRules
  readonly #local = makePrincipal({ kind: 'local', name: 'local' }, ['admin'], null)
  readonly #anyone = makePrincipal({ kind: 'local', name: 'anyone' }, ['admin'], null)

  constructor(options: AccessOptions) {
    this.#options = options
    const { config, tokens, clock } = options
    this.#tokens = new TokenCheck({ tokens, clock, adminToken: config.access.adminToken })
    this.#origins = { allowedHosts: config.http.allowedHosts, allowedOrigins: config.http.allowedOrigins }
  }

  /** Who calls the API or the web app. `remoteAddress` is the socket's. */
  identify(headers: RequestHeaders, remoteAddress: string | undefined): Promise<Principal | Refusal> {
    const isClosed = isLoopback(this.#options.config.http.listen.host)
    return this.#identify(headers, isClosed && isLoopbackAddress(remoteAddress))
  }

  /** A part of Sightline itself, such as `alert`; it may read every tenant and write into `_system`. */
  system(part: string): Principal {
    return makePrincipal({ kind: 'system', name: `system:${part}` }, ['admin'], null)
  }

  /** Whether a principal has a right on a tenant; `admin` on a tenant includes the others. */
  may(principal: Principal, right: Right, tenant: TenantId): boolean {
    return hasRight(principal, right, tenant)
  }

  /**
   * The tenant that a request is about: the one that `X-Scope-OrgID` or `X-Sightline-Tenant` names, else the one
   * that the principal is bound to, else `default`. A tenant that does not exist and one that is not allowed get
   * the same answer.
   */
  chooseTenant(principal: Principal, right: Right, headers: RequestHeaders): { tenant: TenantId } | Refusal {
    const names = new Set(tenantHeaders.map((name) => headerOf(headers, name).trim()).filter((name) => name !== ''))
    if (names.size > 1) return refuse(400, 'X-Scope-OrgID and X-Sightline-Tenant name different tenants; expected one')
    const [name] = names
    const tenant =
      name === undefined ? (tenantOf(principal) ?? defaultTenant) : this.#options.directory.byName(name)?.id
    if (tenant !== undefined && hasRight(principal, right, tenant)) return { tenant }
    const which = name === undefined ? 'this tenant' : `the tenant ${JSON.stringify(name.slice(0, 150))}`
    return refuse(403, `${principal.name} has no right to ${right} on ${which}, or there is no such tenant`)
  }

  /** The right to read one tenant's rows. Throws: AccessDenied. */
  openScope(principal: Principal, tenant: TenantId, wish: ScopeWish = {}): OpenScope {
    if (!hasRight(principal, 'query', tenant))
      throw new AccessDenied(`${principal.name} has no right to query tenant ${tenant}`)
    const { clock, config } = this.#options
    const longestMs = principal.kind === 'system' ? Number.POSITIVE_INFINITY : config.query.timeout
    const timeoutMs = Math.min(wish.timeoutMs ?? config.query.timeout, longestMs)
    const { maxMemoryBytes, maxRowsToRead, maxResultRows } = config.query
    const limits = lesser({ maxMemoryBytes, maxRowsToRead, maxResultRows }, wish.limits ?? {})
    return makeScope({ principal, tenant, timeoutMs, limits, signal: wish.signal, clock })
  }

  /**
   * Whether a sender may deliver telemetry, and into which tenant. Where a sender without a token is let in, what is no
   * token of Sightline is passed over: clients of some protocols cannot be without, so people write anything there. One
   * that looks like Sightline's is judged everywhere: it may be bound to a tenant, and have expired.
   * Throws: Overloaded where that cannot be told just now (the token is not known yet and the database is away).
   */
  async authorizeIngest(headers: RequestHeaders, remoteAddress: string | undefined): Promise<IngestDecision> {
    const isFromHere = this.#isIngestClosed() && isLoopbackAddress(remoteAddress)
    let principal = await this.#identify(headers, isFromHere)
    if (isRefusal(principal) && principal.status === 401 && !namesOwnToken(headers)) {
      const unnamed = this.#identifyUnnamed(headers, isFromHere)
      if (!isRefusal(unnamed)) principal = unnamed
    }
    const answer = isRefusal(principal) ? principal : this.chooseTenant(principal, 'ingest', headers)
    if (!isRefusal(answer)) return { ...answer, accessKey: isRefusal(principal) ? '' : tokenNameOf(principal) }
    if (answer.status === 503) throw new Overloaded(answer.message, retryAfterMs)
    // Contradictory headers are as final as missing rights: senders must not repeat either.
    return { status: answer.status === 401 ? 401 : 403, message: answer.message }
  }

  async #identify(headers: RequestHeaders, isFromHere: boolean): Promise<Principal | Refusal> {
    const credentials = readCredentials(headers)
    if (credentials !== undefined && isRefusal(credentials)) return credentials
    if (credentials === undefined) return this.#identifyUnnamed(headers, isFromHere)
    const refusal = credentials.isAmbient ? checkOrigin(headers, this.#origins) : undefined
    return refusal ?? this.#tokens.identify(credentials.token)
  }

  /** Who a caller is of whom no token is looked at. */
  #identifyUnnamed(headers: RequestHeaders, isFromHere: boolean): Principal | Refusal {
    const refusal = checkOrigin(headers, this.#origins)
    if (refusal !== undefined) return refusal
    const { authentication } = this.#options.config.access
    if (authentication === 'off') return this.#anyone
    const isForwarded = forwardingHeaders.some((name) => headerOf(headers, name) !== '')
    if (authentication === 'auto' && isFromHere && !isForwarded && !this.#options.directory.hasUsers())
      return this.#local
    return refuse(401, howToSignIn)
  }

  /** All listeners that take telemetry are reached from this machine only. */
  #isIngestClosed(): boolean {
    const { http, otlp } = this.#options.config
    return [http.listen, otlp.http.listen, otlp.grpc.listen].every((one) => one === null || isLoopback(one.host))
  }
}

function namesOwnToken(headers: RequestHeaders): boolean {
  const credentials = readCredentials(headers)
  return credentials !== undefined && !isRefusal(credentials) && credentials.token.startsWith(tokenPrefix)
}

function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && isLoopback(address.replace(/^::ffff:/i, ''))
}

function lesser(most: QueryLimits, wanted: Partial<QueryLimits>): QueryLimits {
  return {
    maxMemoryBytes: Math.min(most.maxMemoryBytes, wanted.maxMemoryBytes ?? most.maxMemoryBytes),
    maxRowsToRead: Math.min(most.maxRowsToRead, wanted.maxRowsToRead ?? most.maxRowsToRead),
    maxResultRows: Math.min(most.maxResultRows, wanted.maxResultRows ?? most.maxResultRows),
  }
}
