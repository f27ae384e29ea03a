import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Catalog } from '../catalog/catalog.ts'
import type { ApiTokenDraft, Right } from '../catalog/resources/api-tokens.ts'
import type { Tenant } from '../catalog/resources/tenants.ts'
import type { Principal } from '../model/scope.ts'
import { Overloaded } from '../model/sink.ts'
import { defaultTenant, systemTenant, type TenantId } from '../model/tenant.ts'
import type { Clock } from '../runtime/clock.ts'
import { loadConfig } from '../runtime/config/load.ts'
import { Secret } from '../runtime/config/secret.ts'
import { silentLogger } from '../runtime/logger.ts'
import { Access, AccessDenied } from './access.ts'
import { isRefusal, type RequestHeaders } from './refusal.ts'

const temporary = mkdtempSync(join(tmpdir(), 'access-'))
const logger = silentLogger()
let nowMs = 0
let tasks: { atMs: number; task: () => void }[] = []
const clock: Clock = {
  nowMs: () => nowMs,
  after: (delayMs, task) => {
    const entry = { atMs: nowMs + delayMs, task }
    tasks.push(entry)
    return () => {
      tasks = tasks.filter((one) => one !== entry)
    }
  },
}
let catalog: Catalog
let shop: Tenant
let access: Access

beforeAll(async () => {
  const quiet: Clock = { nowMs: () => nowMs, after: () => () => undefined }
  catalog = new Catalog({ url: new Secret(''), folder: join(temporary, 'postgres'), clock: quiet, logger })
  await catalog.start()
  shop = await catalog.tenants.create({ name: 'shop' }, 'local')
})
beforeEach(() => {
  nowMs = 1_000_000
  tasks = []
  access = create()
})
afterAll(async () => {
  await catalog.stop()
  rmSync(temporary, { recursive: true, force: true })
})

function create(...flags: string[]): Access {
  const { config } = loadConfig({ environment: {}, flags, folder: temporary })
  return new Access({ config, tokens: catalog.tokens, directory: catalog.directory, clock })
}

async function token(draft: Partial<ApiTokenDraft>): Promise<string> {
  const whole = { name: 'ci', tenant: null, rights: ['ingest', 'query'] as const, ...draft }
  return (await catalog.tokens.create(whole, 'local')).secret
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

/** The principal's name, or the refusal's status. */
async function who(headers: RequestHeaders, remoteAddress: string | undefined = '127.0.0.1', of = access) {
  const answer = await of.identify(headers, remoteAddress)
  return isRefusal(answer) ? answer.status : answer.name
}

/** The tenant, or the refusal's status. */
async function into(headers: RequestHeaders, remoteAddress = '127.0.0.1', of = access) {
  const decision = await of.authorizeIngest(headers, remoteAddress)
  return 'tenant' in decision ? decision.tenant : decision.status
}

async function principalOf(secret: string): Promise<Principal> {
  const answer = await access.identify(bearer(secret), '10.0.0.1')
  if (isRefusal(answer)) throw new Error(answer.message)
  return answer
}

describe('without a token', () => {
  const open = ['--http.listen=0.0.0.0:8080', '--access.allowPlaintext']

  it.each([
    ['from this machine', [], '127.0.0.1', {}, 'local'],
    ['over IPv6', [], '::1', {}, 'local'],
    ['over IPv4 in IPv6', [], '::ffff:127.0.0.1', {}, 'local'],
    ['from another machine', [], '10.0.0.1', {}, 401],
    ['from nowhere', [], undefined, {}, 401],
    ['through a proxy on this machine', [], '127.0.0.1', { 'x-forwarded-for': '10.0.0.1' }, 401],
    ['to a listener that others reach too', open, '127.0.0.1', {}, 401],
    ['where authentication is required', ['--access.authentication=required'], '127.0.0.1', {}, 401],
    ['where authentication is off', ['--access.authentication=off', ...open], '10.0.0.1', {}, 'anyone'],
    [
      'where it is off, from a foreign page',
      ['--access.authentication=off', ...open],
      '10.0.0.1',
      { origin: 'https://evil.example' },
      403,
    ],
  ])('a caller %s', async (_name, flags, remoteAddress, headers, wanted) => {
    const answer = await create(...flags).identify(headers, remoteAddress)
    expect(isRefusal(answer) ? answer.status : answer.name).toBe(wanted)
  })

  it('a caller on this machine has to sign in as soon as a user is set up, and not after the last is gone', async () => {
    await catalog.users.create({ name: 'ada', role: 'admin' }, 'local')
    expect([await who({}), await into({})]).toEqual([401, 401])
    await catalog.users.remove('ada', 'local')
    expect([await who({}), await into({})]).toEqual(['local', defaultTenant])
  })

  it('a sender is let in only where every listener is closed to other machines', async () => {
    expect(await into({})).toBe(defaultTenant)
    expect(await into({}, '10.0.0.1')).toBe(401)
    const partly = create('--otlp.grpc.listen=:4317', '--access.allowPlaintext')
    expect(await into({}, '127.0.0.1', partly)).toBe(401)
    expect(await who({}, '127.0.0.1', partly)).toBe('local')
    expect(await into({}, '127.0.0.1', create('--otlp.grpc.listen=off'))).toBe(defaultTenant)
  })
})

describe('Host and Origin', () => {
  const here = { host: 'localhost:8080' }

  it.each([
    ['a loopback name', { host: 'localhost:8080' }, 'local'],
    ['a name below localhost', { host: 'app.localhost' }, 'local'],
    ['an address', { host: '127.0.0.1:8080' }, 'local'],
    ['an IPv6 address', { host: '[::1]:8080' }, 'local'],
    ['a name without a dot', { host: 'sightline:8080' }, 'local'],
    ['a foreign name that points here', { host: 'evil.example:8080' }, 403],
    ['a name that only begins like ours', { host: 'localhost.evil.example' }, 403],
    ['a name that only ends like ours', { host: 'notgood.example.com' }, 403],
    ['a configured name', { host: 'Obs.Example.com:443' }, 'local'],
    ['a name below a configured one', { host: 'a.good.example.com' }, 'local'],
    ['nonsense', { host: 'a b' }, 403],
    ['a user before the host', { host: 'localhost@evil.example' }, 403],
    ['no Host', {}, 'local'],
    ['the same origin', { ...here, origin: 'http://localhost:8080' }, 'local'],
    ['the same origin behind TLS', { ...here, origin: 'https://localhost:8080' }, 'local'],
    ['another port of this machine', { ...here, origin: 'http://localhost:3000' }, 403],
    ['a foreign origin', { ...here, origin: 'https://evil.example' }, 403],
    ['a sandboxed page', { ...here, origin: 'null' }, 403],
    ['a configured origin', { ...here, origin: 'https://grafana.example.com' }, 'local'],
    [
      'a picture on a foreign page',
      { ...here, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
      403,
    ],
    [
      'a frame on a foreign page',
      { ...here, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      403,
    ],
    [
      'a link that a person follows',
      { ...here, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      'local',
    ],
    ['an address that a person types', { ...here, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, 'local'],
  ])('%s', async (_name, headers, wanted) => {
    const rules = [
      '--http.allowedHosts=obs.example.com,*.good.example.com',
      '--http.allowedOrigins=https://grafana.example.com',
    ]
    expect(await who(headers, '127.0.0.1', create(...rules))).toBe(wanted)
  })

  it('are checked for senders too', async () => {
    expect(await into({ host: 'evil.example' })).toBe(403)
    expect(await into({ origin: 'https://evil.example' })).toBe(403)
  })

  it('do not matter to a caller who names a token, but where the browser may have added it', async () => {
    const secret = await token({})
    expect(await who({ ...bearer(secret), host: 'any.example', origin: 'https://any.example' }, '10.0.0.1')).toBe(
      'token:ci',
    )
    const basic = { authorization: `Basic ${Buffer.from(`u:${secret}`).toString('base64')}` }
    expect(await who({ ...basic, host: 'localhost', origin: 'https://evil.example' })).toBe(403)
  })
})

describe('with a token', () => {
  it('a caller is known in each of the ways to name it', async () => {
    const secret = await token({})
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
    const ways = [
      bearer(secret),
      { authorization: `bearer  ${secret} ` },
      { 'x-api-key': secret },
      basic(`me:${secret}`),
      basic(`${secret}:`),
    ]
    for (const headers of ways) expect(await who(headers, '10.0.0.1')).toBe('token:ci')
  })

  it.each([
    { authorization: 'Bearer ' },
    { authorization: 'Bearer a b' },
    { authorization: 'Digest x' },
    { authorization: 'Basic !!!' },
    { authorization: `Bearer slt_000000000000_${'A'.repeat(43)}` },
    { 'x-api-key': 'x'.repeat(5_000) },
  ])('that is wrong, a caller on this machine is refused too: %j', async (headers) => {
    expect(await who(headers)).toBe(401)
  })

  it.each([
    { authorization: 'Bearer anything' },
    { authorization: 'Basic ZWxhc3RpYzpjaGFuZ2VtZQ==' },
    { authorization: 'Digest x' },
    { 'x-api-key': 'dummy' },
  ])('that is none, a sender is let in where it needs none, and nowhere else: %j', async (headers) => {
    expect(await into(headers)).toBe(defaultTenant)
    expect(await into(headers, '10.0.0.1', create('--access.authentication=off'))).toBe(defaultTenant)
    expect(await into(headers, '10.0.0.1')).toBe(401)
    expect(await into(headers, '127.0.0.1', create('--access.authentication=required'))).toBe(401)
    expect([401, 403]).toContain(await into({ ...headers, origin: 'https://evil.example' }))
    await catalog.users.create({ name: 'ada', role: 'admin' }, 'local')
    expect(await into(headers)).toBe(401)
    await catalog.users.remove('ada', 'local')
  })

  it("that is Sightline's and does not hold is refused to senders everywhere", async () => {
    expect(await into(bearer(`slt_000000000000_${'A'.repeat(43)}`))).toBe(401)
    expect(await into(bearer(await token({ tenant: shop.id, expiresMs: 5 })))).toBe(401)
  })

  it('the answer never shows it', async () => {
    const secret = await token({ expiresMs: 5 })
    const answer = await access.identify(bearer(secret), '10.0.0.1')
    expect(answer).toEqual({ status: 401, message: 'the token "ci" has expired' })
  })

  it('it holds until it expires', async () => {
    const secret = await token({ expiresMs: nowMs + 2 })
    expect(await who(bearer(secret))).toBe('token:ci')
    nowMs += 2
    expect(await who(bearer(secret))).toBe(401)
  })

  it('a revoked one is refused after 10 seconds at the latest', async () => {
    const secret = await token({ name: 'revoked' })
    expect(await who(bearer(secret))).toBe('token:revoked')
    const { id } = (await catalog.tokens.list()).find((one) => one.name === 'revoked')!
    await catalog.tokens.revoke(id, 'local')
    nowMs += 10_000
    expect(await who(bearer(secret))).toBe(401)
  })

  it('of the configuration a caller may do everything', async () => {
    const of = create('--access.adminToken=very secret')
    expect(await who({ 'x-api-key': 'very secret' }, '10.0.0.1', of)).toBe('token:access.adminToken')
    expect(await who({ 'x-api-key': 'very secre' }, '10.0.0.1', of)).toBe(401)
    expect(await into({ 'x-api-key': 'very secret', 'x-scope-orgid': 'shop' }, '10.0.0.1', of)).toBe(shop.id)
    // No token is set by default: an empty one opens nothing.
    expect(await who({ 'x-api-key': ' ' }, '10.0.0.1')).toBe(401)
  })
})

describe('while the database is away', () => {
  it('a known token goes on for a minute; an unknown one is asked to come again', async () => {
    let isAway = false
    let asked = 0
    const find = async (text: string) => {
      asked += 1
      if (isAway) throw new Error('connection refused')
      return catalog.tokens.find(text)
    }
    const { config } = loadConfig({ environment: {}, flags: [], folder: temporary })
    const of = new Access({ config, tokens: { find }, directory: catalog.directory, clock })
    const secret = await token({})
    await Promise.all(Array.from({ length: 20 }, () => who(bearer(secret), '10.0.0.1', of)))
    expect(asked).toBe(1)
    isAway = true
    nowMs += 59_000
    expect(await into(bearer(secret), '10.0.0.1', of)).toBe(defaultTenant)
    nowMs += 2_000
    expect(await who(bearer(secret), '10.0.0.1', of)).toBe(503)
    await expect(of.authorizeIngest(bearer(secret), '10.0.0.1')).rejects.toThrow(Overloaded)
    isAway = false
    expect(await who(bearer(secret), '10.0.0.1', of)).toBe('token:ci')
  })
})

describe('the tenant', () => {
  const rightsOf: readonly Right[][] = [['ingest'], ['query'], ['admin']]

  it.each([
    ['is `default` where none is named', null, {}, defaultTenant],
    ["is the token's where none is named", 'shop', {}, 'shop'],
    ['is the named one', null, { 'x-scope-orgid': 'shop' }, 'shop'],
    ['is the named one, in our own header', null, { 'x-sightline-tenant': 'shop' }, 'shop'],
    ["may name the token's own", 'shop', { 'x-scope-orgid': 'shop' }, 'shop'],
    ["cannot be another than the token's", 'shop', { 'x-scope-orgid': 'default' }, 403],
    ['must exist', null, { 'x-scope-orgid': 'nowhere' }, 403],
    ['cannot be several at once', null, { 'x-scope-orgid': 'shop|default' }, 403],
    ['cannot be two by two headers', null, { 'x-scope-orgid': 'shop', 'x-sightline-tenant': 'default' }, 403],
    ['of Sightline itself takes no rows', null, { 'x-scope-orgid': '_system' }, 403],
  ])('%s', async (_name, bound, headers, wanted) => {
    const secret = await token({ tenant: bound === null ? null : shop.id, rights: ['ingest'] })
    expect(await into({ ...bearer(secret), ...headers }, '10.0.0.1')).toBe(wanted === 'shop' ? shop.id : wanted)
  })

  it.each(rightsOf)('needs the right for what is done: %s', async (right) => {
    const principal = await principalOf(await token({ rights: [right] }))
    const allowed = (['ingest', 'query', 'admin'] as const).filter((one) => access.may(principal, one, defaultTenant))
    expect(allowed).toEqual(right === 'admin' ? ['ingest', 'query', 'admin'] : [right])
  })

  it('that is not allowed looks like one that does not exist', async () => {
    const principal = await principalOf(await token({ tenant: defaultTenant }))
    const answers = ['shop', 'gone'].map((name) => access.chooseTenant(principal, 'query', { 'x-scope-orgid': name }))
    expect(answers.map((one) => JSON.stringify(one).replaceAll(/shop|gone/g, 'X'))[0]).toBe(
      JSON.stringify(answers[1]).replaceAll(/shop|gone/g, 'X'),
    )
  })
})

describe('a scope', () => {
  const limits = { maxMemoryBytes: 2 ** 30, maxRowsToRead: 2e9, maxResultRows: 1e6 }

  it('is for one tenant that the principal may query, until its deadline', async () => {
    const principal = await principalOf(await token({ tenant: shop.id, rights: ['query'] }))
    using scope = access.openScope(principal, shop.id, { timeoutMs: 500 })
    expect(scope).toMatchObject({ tenant: shop.id, principal, deadlineMs: nowMs + 500, limits })
    expect(scope.signal.aborted).toBe(false)
    for (const { task } of tasks) task()
    expect(scope.signal.reason).toMatchObject({ name: 'TimeoutError', message: 'the query ran longer than 500 ms' })
  })

  it.each([
    ['another tenant', 'shop', ['query'], defaultTenant],
    ["Sightline's own tenant", 'shop', ['query'], systemTenant],
    ['a tenant that is none', 'shop', ['query'], 77 as TenantId],
    ['its tenant without the right to query', 'shop', ['ingest'], 'shop'],
  ] as const)('is refused for %s', async (_name, bound, rights, tenant) => {
    const principal = await principalOf(await token({ tenant: bound === 'shop' ? shop.id : null, rights }))
    expect(() => access.openScope(principal, tenant === 'shop' ? shop.id : tenant)).toThrow(AccessDenied)
    expect(tasks).toEqual([])
  })

  it('is refused to a principal that was not made here, whatever it says of itself', () => {
    for (const kind of ['local', 'system', 'token', 'user'] as const)
      expect(() => access.openScope({ kind, name: 'system:alert' }, defaultTenant)).toThrow(AccessDenied)
    const copied = { ...access.system('alert') }
    expect(() => access.openScope(copied, defaultTenant)).toThrow(AccessDenied)
  })

  it('ends when the client goes away, and lets its timer go', async () => {
    const client = new AbortController()
    const scope = access.openScope(access.system('test'), defaultTenant, { signal: client.signal })
    expect(tasks).toHaveLength(1)
    client.abort()
    expect(scope.signal.aborted).toBe(true)
    expect(tasks).toEqual([])
    access.openScope(access.system('test'), defaultTenant)[Symbol.dispose]()
    expect(tasks).toEqual([])
    using late = access.openScope(access.system('test'), defaultTenant, { signal: AbortSignal.abort() })
    expect(late.signal.aborted).toBe(true)
    expect(tasks).toEqual([])
  })

  it('has at most the configured bounds; only Sightline itself may take longer', async () => {
    const wish = { timeoutMs: 3_600_000, limits: { maxResultRows: 7, maxRowsToRead: 1e15 } }
    const principal = await principalOf(await token({}))
    using scope = access.openScope(principal, defaultTenant, wish)
    expect(scope.deadlineMs).toBe(nowMs + 30_000)
    expect(scope.limits).toEqual({ ...limits, maxResultRows: 7 })
    using own = access.openScope(access.system('alert'), systemTenant, wish)
    expect(own.deadlineMs).toBe(nowMs + 3_600_000)
  })

  it('cannot be changed', () => {
    using scope = access.openScope(access.system('alert'), defaultTenant)
    expect(() => Object.assign(scope, { tenant: shop.id })).toThrow(TypeError)
    expect(() => Object.assign(scope.principal, { name: 'x' })).toThrow(TypeError)
  })
})
