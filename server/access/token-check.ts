import { createHash, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ApiToken, ApiTokens } from '../catalog/resources/api-tokens.ts'
import type { Principal } from '../model/scope.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Secret } from '../runtime/config/secret.ts'
import { makePrincipal } from './principals.ts'
import { type Refusal, refuse } from './refusal.ts'

/** Tokens remembered at once; further ones push out those used longest ago. */
const cacheSize = 10_000
/** How long a look-up holds: a revoked token may work this much longer in another process. */
const freshMs = 10_000
/** How long it holds while the database does not answer: ingest goes on through a restart of it. */
const staleMs = 60_000

interface CachedLookup {
  readonly atMs: number
  readonly found: { readonly token: ApiToken; readonly principal: Principal } | undefined
}

export interface TokenCheckOptions {
  readonly tokens: Pick<ApiTokens, 'find'>
  readonly adminToken: Secret
  readonly clock: Clock
}

/** Turns the text of a token into a principal; asks the database at most every 10 seconds for one token. */
export class TokenCheck {
  readonly #options: TokenCheckOptions
  readonly #admin: Principal | undefined
  readonly #adminHash: Buffer
  /** By hash: the tokens themselves do not lie in memory. */
  readonly #cache = new LRUCache<string, CachedLookup>({ max: cacheSize })
  readonly #asking = new Map<string, Promise<CachedLookup>>()

  constructor(options: TokenCheckOptions) {
    this.#options = options
    this.#adminHash = sha256(options.adminToken.reveal())
    if (options.adminToken.isSet)
      this.#admin = makePrincipal({ kind: 'token', name: 'token:access.adminToken' }, ['admin'], null)
  }

  async identify(text: string): Promise<Principal | Refusal> {
    const hash = sha256(text)
    if (this.#admin !== undefined && timingSafeEqual(hash, this.#adminHash)) return this.#admin
    let lookup: CachedLookup
    try {
      lookup = await this.#look(text, hash.toString('base64'))
    } catch {
      return refuse(503, 'the token cannot be checked just now; try again in a few seconds')
    }
    const { found } = lookup
    if (found === undefined) return refuse(401, 'the token is not known')
    if (found.token.expiresMs !== null && found.token.expiresMs <= this.#options.clock.nowMs())
      return refuse(401, `the token ${JSON.stringify(found.token.name)} has expired`)
    return found.principal
  }

  async #look(text: string, key: string): Promise<CachedLookup> {
    const cached = this.#cache.get(key)
    const nowMs = this.#options.clock.nowMs()
    if (cached !== undefined && nowMs - cached.atMs < freshMs) return cached
    const asking = this.#asking.get(key) ?? this.#ask(text, key)
    this.#asking.set(key, asking)
    try {
      return await asking
    } catch (error) {
      if (cached !== undefined && nowMs - cached.atMs < staleMs) return cached
      throw error
    } finally {
      this.#asking.delete(key)
    }
  }

  async #ask(text: string, key: string): Promise<CachedLookup> {
    const token = await this.#options.tokens.find(text)
    const principal = token && makePrincipal({ kind: 'token', name: `token:${token.name}` }, token.rights, token.tenant)
    const found = token && principal ? { token, principal } : undefined
    const lookup = { atMs: this.#options.clock.nowMs(), found }
    this.#cache.set(key, lookup)
    return lookup
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
