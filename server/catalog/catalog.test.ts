import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultTenant, systemTenant, type TenantId } from '../model/tenant.ts'
import { type Clock, systemClock } from '../runtime/clock.ts'
import { Secret } from '../runtime/config/secret.ts'
import { silentLogger } from '../runtime/logger.ts'
import { Catalog } from './catalog.ts'
import { migrateCatalog, migrationsFolder, NewerSchema } from './migrate.ts'
import { postmasterPid } from './postgres/leftover.ts'

const temporary = mkdtempSync(join(tmpdir(), 'catalog-'))
const logger = silentLogger()
let nowMs = 1_000
let tasks: (() => void)[] = []
const clock: Clock = {
  nowMs: () => nowMs,
  after: (_delayMs, task) => {
    tasks.push(task)
    return () => {
      tasks = tasks.filter((one) => one !== task)
    }
  },
}
let catalog: Catalog
let url: string

beforeAll(async () => {
  catalog = new Catalog({ url: new Secret(''), folder: join(temporary, 'postgres'), clock, logger })
  await catalog.start()
  url = await catalog.createDatabase('other')
})
afterAll(async () => {
  await catalog.stop()
  rmSync(temporary, { recursive: true, force: true })
})

/** The acts recorded so far, newest first, as `principal action subject`. */
async function acts(): Promise<string[]> {
  return (await catalog.audit.list({ limit: 100 })).map((one) => `${one.principal} ${one.action} ${one.subject}`)
}

describe('the catalog', () => {
  it('says that it is not there before it has started and after it has stopped', async () => {
    const other = new Catalog({ url: new Secret(url), folder: temporary, clock, logger })
    expect(other.health()).toEqual({ ready: false, detail: 'not started' })
    await expect(other.tenants.list()).rejects.toThrow('the settings cannot be reached: not started')
    await other.start()
    expect(other.health()).toEqual({ ready: true })
    expect(await other.tenants.list()).toHaveLength(2)
    await other.stop()
    await expect(other.users.list()).rejects.toThrow('the settings cannot be reached: stopped')
  })

  it('says which address does not answer', async () => {
    const gone = new Catalog({ url: new Secret('postgres://u:p@127.0.0.1:1/x'), folder: temporary, clock, logger })
    await expect(gone.start()).rejects.toThrow(
      /^the settings database at 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/,
    )
    await gone.stop()
  })

  it('makes a database for somebody else, whose owner sees nothing of ours', async () => {
    const again = await catalog.createDatabase('other')
    expect(again).not.toBe(url)
    const client = new Client(again)
    await client.connect()
    expect((await client.query('SELECT current_user, current_database()')).rows).toEqual([
      { current_user: 'other', current_database: 'other' },
    ])
    await client.end()
    const ours = new Client(again.replace(/other$/, 'sightline'))
    await ours.connect()
    await expect(ours.query('SELECT * FROM api_tokens')).rejects.toThrow('permission denied for table api_tokens')
    await ours.end()
    url = again
  })
})

describe('tenants', () => {
  it('begin with the built-in ones', async () => {
    expect((await catalog.tenants.list()).map(({ id, name }) => [id, name])).toEqual([
      [systemTenant, '_system'],
      [defaultTenant, 'default'],
    ])
  })

  it('are created, changed and removed, each with an audit record, and show in memory at once', async () => {
    nowMs = 5_000
    const shop = await catalog.tenants.create({ name: 'shop', retention: { logs: 7 } }, 'local')
    expect(shop).toEqual({ id: 2, name: 'shop', createdMs: 5_000, retention: { logs: 7 }, limits: {} })
    expect(catalog.directory.byName('shop')).toEqual(shop)
    await catalog.tenants.update(shop.id, { limits: { maxSeries: 10 } }, 'local')
    expect(catalog.directory.byId(shop.id)).toMatchObject({ retention: {}, limits: { maxSeries: 10 } })
    expect(await catalog.tenants.remove(shop.id, 'local')).toBe(true)
    expect(await catalog.tenants.remove(shop.id, 'local')).toBe(false)
    expect(catalog.directory.byName('shop')).toBeUndefined()
    expect(await acts()).toEqual(['local tenant.remove shop', 'local tenant.update shop', 'local tenant.create shop'])
  })

  it('never give a number twice', async () => {
    const { id } = await catalog.tenants.create({ name: 'shop' }, 'local')
    expect(id).toBe(3)
  })

  it.each([
    [{ name: 'shop' }, 'there is a tenant called shop already'],
    [{ name: '' }, '"" cannot be a tenant\'s name'],
    [{ name: '_hidden' }, '"_hidden" cannot be a tenant\'s name'],
    [{ name: 'a/../b' }, '"a/../b" cannot be a tenant\'s name'],
    [{ name: 'x'.repeat(151) }, "cannot be a tenant's name"],
    [{ name: 'x', retention: { logs: 0 } }, 'retention.logs: '],
    [{ name: 'x', limits: { traces: { rowsPerSecond: -1 } } }, 'limits.traces.rowsPerSecond: '],
  ])('refuse %j', async (draft, words) => {
    const before = await acts()
    await expect(catalog.tenants.create(draft, 'local')).rejects.toThrow(words)
    expect(await acts()).toEqual(before)
  })

  it('that are built in stay', async () => {
    await expect(catalog.tenants.remove(defaultTenant, 'local')).rejects.toThrow('built in')
    expect(await catalog.tenants.update(99 as TenantId, {}, 'local')).toBeUndefined()
  })

  it('changed by another process show after the next look', async () => {
    const client = new Client(url)
    await client.connect()
    const other = new Catalog({ url: new Secret(url), folder: temporary, clock, logger })
    await other.start()
    expect(other.directory.hasUsers()).toBe(false)
    await client.query("INSERT INTO users (name, role, created_ms) VALUES ('eve', 'viewer', 1)")
    tasks.at(-1)?.()
    await expect.poll(() => other.directory.hasUsers()).toBe(true)
    await other.stop()
    await client.end()
  })
})

describe('users', () => {
  it('are created once and removed', async () => {
    await catalog.users.create({ name: 'ada@example.com', role: 'admin' }, 'local')
    expect(catalog.directory.hasUsers()).toBe(true)
    await expect(catalog.users.create({ name: 'ada@example.com', role: 'viewer' }, 'local')).rejects.toThrow('already')
    await expect(catalog.users.create({ name: 'a\nb', role: 'viewer' }, 'local')).rejects.toThrow("a user's name")
    expect(await catalog.users.find('ada@example.com')).toMatchObject({ role: 'admin', isDisabled: false })
    expect(await catalog.users.remove('ada@example.com', 'local')).toBe(true)
    expect(await catalog.users.list()).toEqual([])
    expect(catalog.directory.hasUsers()).toBe(false)
  })
})

describe('tokens', () => {
  it('are shown once, found by their text, and gone when revoked', async () => {
    const draft = { name: 'ci', tenant: defaultTenant, rights: ['ingest', 'query'] as const, expiresMs: 9_000 }
    const { secret, token } = await catalog.tokens.create(draft, 'local')
    expect(secret).toMatch(/^slt_[0-9a-f]{12}_[\w-]{43}$/)
    expect(await catalog.tokens.find(secret)).toEqual(token)
    expect(token).toMatchObject({ ...draft, createdBy: 'local' })
    expect(await catalog.tokens.revoke(token.id, 'local')).toBe(true)
    expect(await catalog.tokens.find(secret)).toBeUndefined()
    expect(await catalog.tokens.revoke(token.id, 'local')).toBe(false)
  })

  it('are not stored, and nothing like them is taken for them', async () => {
    const { secret } = await catalog.tokens.create({ name: 'x', tenant: null, rights: ['admin'] }, 'local')
    const other = `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`
    for (const text of [other, secret.slice(0, -1), `${secret}A`, secret.toUpperCase(), '', "slt_' OR 1=1 --"])
      expect(await catalog.tokens.find(text)).toBeUndefined()
    expect(JSON.stringify([await catalog.tokens.list(), await catalog.audit.list({ limit: 10 })])).not.toContain(secret)
  })

  it('go with their tenant', async () => {
    const tenant = await catalog.tenants.create({ name: 'brief' }, 'local')
    const { secret } = await catalog.tokens.create({ name: 'x', tenant: tenant.id, rights: ['ingest'] }, 'local')
    await catalog.tenants.remove(tenant.id, 'local')
    expect(await catalog.tokens.find(secret)).toBeUndefined()
  })

  it('need a name and a right', async () => {
    await expect(catalog.tokens.create({ name: 'x', tenant: null, rights: [] }, 'local')).rejects.toThrow(
      'at least one',
    )
  })
})

describe('settings and audit records', () => {
  it('keep any JSON under a key', async () => {
    const value = { a: [1, 'two', { three: null }], quote: "'; DROP TABLE settings; --" }
    await catalog.settings.put('ui.theme', 'dark', 'local')
    await catalog.settings.put('ui.theme', value, 'token:ci')
    expect(await catalog.settings.get('ui.theme')).toEqual(value)
    expect(await catalog.settings.list()).toMatchObject([{ key: 'ui.theme', changedBy: 'token:ci' }])
    expect(await catalog.settings.remove('ui.theme', 'local')).toBe(true)
    expect(await catalog.settings.get('ui.theme')).toBeUndefined()
  })

  it('are read page by page, newest first', async () => {
    for (const subject of ['1', '2', '3']) await catalog.audit.append({ principal: 'p', action: 'a', subject })
    const first = await catalog.audit.list({ limit: 2 })
    const second = await catalog.audit.list({ limit: 1, before: first[1].id })
    expect([...first, ...second].map((one) => one.subject)).toEqual(['3', '2', '1'])
  })
})

describe('pipelines of log records', () => {
  const place = (name: string) => ({ tenant: defaultTenant, name, by: 'token:ci' })

  it('are kept per tenant as the JSON they came as, no more than allowed, and go with their tenant', async () => {
    const definition = { name: 'a', stages: [{ type: 'drop', note: "'; DROP TABLE tenants; --" }] }
    const { id: tenant } = await catalog.tenants.create({ name: 'with-pipelines' }, 'local')
    expect(await catalog.pipelines.put(place('a'), { name: 'a' }, 2)).toBe(true)
    expect(await catalog.pipelines.put(place('a'), definition, 1)).toBe(false)
    await catalog.pipelines.put({ ...place('a'), tenant }, definition, 1)
    await expect(catalog.pipelines.put(place('b'), definition, 1)).rejects.toThrow(
      'the tenant has 1 pipelines already; expected at most 1',
    )
    const kept = { name: 'a', definition, changedBy: 'token:ci' }
    expect(await catalog.pipelines.all()).toMatchObject([
      { ...kept, tenant: defaultTenant },
      { ...kept, tenant },
    ])
    expect((await acts())[0]).toBe('token:ci pipeline.put a')
    await catalog.tenants.remove(tenant, 'local')
    expect(await catalog.pipelines.remove(place('a'))).toBe(true)
    expect(await catalog.pipelines.remove(place('a'))).toBe(false)
    expect(await catalog.pipelines.all()).toEqual([])
  })
})

describe('when the embedded server is killed', () => {
  it('answers from memory, says so, and recovers', async () => {
    const folder = join(temporary, 'killed')
    const own = new Catalog({ url: new Secret(''), folder, clock: systemClock, logger })
    await own.start()
    process.kill(postmasterPid(join(folder, '18'))!, 'SIGKILL')
    await expect.poll(() => own.health().ready, { interval: 1 }).toBe(false)
    expect(own.health().detail).toMatch(/^PostgreSQL: it ended/)
    expect(own.directory.byName('default')?.id).toBe(defaultTenant)
    await expect.poll(() => own.health().ready, { timeout: 10_000 }).toBe(true)
    await expect.poll(() => own.tenants.list().catch(() => []), { timeout: 10_000 }).toHaveLength(2)
    await own.stop()
    expect(postmasterPid(join(folder, '18'))).toBeUndefined()
  })
})

describe('migrations', () => {
  async function withPool<T>(work: (pool: Pool) => Promise<T>): Promise<T> {
    const pool = new Pool({ connectionString: await catalog.createDatabase('migrated'), max: 6 })
    try {
      return await work(pool)
    } finally {
      await pool.end()
    }
  }

  const migrate = async (pool: Pool, folder?: string) => {
    const client = await pool.connect()
    try {
      await migrateCatalog(client, 1, folder)
    } finally {
      client.release()
    }
  }

  it('run once, however many programs start at the same moment', async () => {
    await withPool(async (pool) => {
      await Promise.all(Array.from({ length: 5 }, () => migrate(pool)))
      await migrate(pool)
      const { rows } = await pool.query('SELECT count(*)::int AS n FROM drizzle.__drizzle_migrations')
      const files = readdirSync(migrationsFolder).filter((file) => file.endsWith('.sql'))
      expect(rows).toEqual([{ n: files.length }])
    })
  })

  it('leave a newer database untouched, and say so', async () => {
    const newer = join(temporary, 'newer')
    cpSync(migrationsFolder, newer, { recursive: true })
    const journalFile = join(newer, 'meta', '_journal.json')
    const journal = JSON.parse(readFileSync(journalFile, 'utf8'))
    journal.entries.push({ ...journal.entries.at(-1), idx: 99, when: Date.UTC(2100, 0, 1), tag: '0099_later' })
    writeFileSync(journalFile, JSON.stringify(journal))
    writeFileSync(join(newer, '0099_later.sql'), 'CREATE TABLE later (a int)')
    await withPool(async (pool) => {
      await migrate(pool, newer)
      await expect(migrate(pool)).rejects.toThrow(NewerSchema)
      await expect(migrate(pool)).rejects.toThrow(/1 schema change\(s\) .* newest of 2100-01-01.* left untouched/)
      await migrate(pool, newer)
    })
  })

  it('change nothing when one of them fails', async () => {
    const broken = join(temporary, 'newer')
    writeFileSync(
      join(broken, '0100_broken.sql'),
      'CREATE TABLE half (a int);--> statement-breakpoint\nSELECT nonsense',
    )
    const journalFile = join(broken, 'meta', '_journal.json')
    const journal = JSON.parse(readFileSync(journalFile, 'utf8'))
    journal.entries.push({ ...journal.entries.at(-1), idx: 100, when: Date.UTC(2100, 0, 2), tag: '0100_broken' })
    writeFileSync(journalFile, JSON.stringify(journal))
    await withPool(async (pool) => {
      await expect(migrate(pool, broken)).rejects.toThrow()
      const { rows } = await pool.query("SELECT to_regclass('half') AS half, to_regclass('tenants')::text AS tenants")
      expect(rows).toEqual([{ half: null, tenants: 'tenants' }])
    })
  })
})
