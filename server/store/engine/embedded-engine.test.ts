import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../runtime/logger.ts'
import { EmbeddedEngine } from './embedded-engine.ts'
import { writeNativeFile } from './engine-fixture-suite.ts'
import { FolderLocked } from './folder-lock.ts'
import { StoreUnavailable } from './store-errors.ts'

const endless = 'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))'

describe('EmbeddedEngine', () => {
  let folder: string
  let engine: EmbeddedEngine
  const count = async (table: string) =>
    (await engine.store.rows<{ c: string }>({ sql: `SELECT count() AS c FROM ${table}` })).rows[0].c
  const create = (table: string) =>
    engine.store.command({
      sql: `CREATE TABLE ${table} (v UInt64) ENGINE = MergeTree ORDER BY v SETTINGS non_replicated_deduplication_window = 100`,
    })
  const killed = async () => {
    const before = engine.restarts
    process.kill(engine.pid!, 'SIGKILL')
    await answering(before)
  }
  const answering = async (restartsBefore: number) => {
    for (;;) {
      try {
        await engine.store.rows({ sql: 'SELECT 1' })
        if (engine.restarts > restartsBefore) return
      } catch (error) {
        expect(error).toBeInstanceOf(StoreUnavailable)
        await new Promise(setImmediate)
      }
    }
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-engine-'))
    engine = new EmbeddedEngine({ folder, logger: silentLogger() })
  })
  afterEach(async () => {
    await engine.stop()
    rmSync(folder, { recursive: true })
  })

  it('keeps what it had when it is started again', async () => {
    await engine.start()
    await create('t')
    await engine.store.command({ sql: 'INSERT INTO t VALUES (1), (2)' })
    await engine.stop()
    expect(engine.health().ready).toBe(false)
    await engine.start()
    expect(engine.health().ready).toBe(true)
    expect(await count('t')).toBe('2')
  })

  it('statements before start and after stop are told to come back', async () => {
    await expect(engine.store.rows({ sql: 'SELECT 1' })).rejects.toThrow(StoreUnavailable)
    await engine.start()
    await engine.stop()
    await expect(engine.store.command({ sql: 'SELECT 1' })).rejects.toThrow(StoreUnavailable)
  })

  it('is started again when it dies, with every answered insert, once', async () => {
    await engine.start()
    await create('t')
    const path = join(folder, 'rows.native')
    await writeNativeFile({ store: engine.store, sql: 'SELECT number AS v FROM numbers(1000)', path })
    for (let round = 1; round <= 4; round++) {
      const insert = { table: 't', columns: ['v'], path, token: `round-${round}` }
      await engine.store.insertNativeFile(insert)
      await killed()
      // The answer could have been lost: the same insert again changes nothing.
      await engine.store.insertNativeFile(insert)
      expect(await count('t')).toBe(String(round * 1000))
    }
    expect(engine.restarts).toBe(4)
    expect(engine.health()).toEqual({ ready: true })
  })

  it('what is in flight when it dies fails retryably', async () => {
    await engine.start()
    const streaming = async () => {
      for await (const _ of engine.store.nativeBlocks({ sql: 'SELECT number FROM numbers(1000000000000)' })) {
        if (engine.restarts === 0 && engine.pid !== undefined) process.kill(engine.pid, 'SIGKILL')
      }
    }
    const statements = [engine.store.rows({ sql: endless }), engine.store.command({ sql: endless }), streaming()]
    for (const outcome of await Promise.allSettled(statements)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable', retryable: true } })
    }
    await answering(0)
  })

  it('stops soon while queries run', async () => {
    await engine.start()
    const reading = expect(engine.store.rows({ sql: endless })).rejects.toThrow()
    await engine.stop()
    await reading
  })

  it('a second one on the same folder is told who holds it', async () => {
    await engine.start()
    const second = new EmbeddedEngine({ folder, logger: silentLogger() })
    await expect(second.start()).rejects.toThrow(FolderLocked)
    await expect(second.start()).rejects.toThrow(`process ${process.pid}`)
    expect(second.health().ready).toBe(false)
    await second.stop()
    await engine.store.rows({ sql: 'SELECT 1' })
  })

  it('answers only who knows the password, on the loopback only', async () => {
    await engine.start()
    const { url, username, password } = engine.endpoint!
    expect(new URL(url).hostname).toBe('127.0.0.1')
    const ask = async (headers: Record<string, string>, query = '') => {
      const answer = await fetch(`${url}/?${query}`, {
        method: 'POST',
        body: 'SELECT currentUser()',
        headers: { ...headers, connection: 'close' },
      })
      return answer.ok ? (await answer.text()).trim() : answer.status
    }
    const basic = (user: string, secret: string) => ({ authorization: `Basic ${btoa(`${user}:${secret}`)}` })
    expect(await ask(basic(username, password))).toBe(username)
    expect(await ask({})).toBe(404)
    expect(await ask(basic('default', ''))).toBe(404)
    expect(await ask(basic(username, 'x'))).toBe(404)
    expect(await ask({ 'x-clickhouse-user': username, 'x-clickhouse-key': password })).toBe(404)
    expect(await ask({}, `user=${username}&password=${password}`)).toBe(404)
  })

  it('a read reaches tables only, no file of this machine', async () => {
    await engine.start()
    const sql = "SELECT * FROM file('/etc/hostname', 'LineAsString')"
    await expect(engine.store.rows({ sql })).rejects.toMatchObject({ name: 'StoreError', code: 497 })
  })

  it('reads that take all the memory they may have leave inserts theirs', async () => {
    engine = new EmbeddedEngine({ folder, logger: silentLogger(), bounds: { memoryBytes: 600 * 1024 * 1024 } })
    await engine.start()
    await create('t')
    let isDone = false
    const greedy = async () => {
      const sql = 'SELECT groupArray(number) FROM numbers(1000000000)'
      while (!isDone) await expect(engine.store.rows({ sql })).rejects.toThrow(StoreUnavailable)
    }
    const reads = [greedy(), greedy(), greedy(), greedy()]
    for (let round = 0; round < 5; round++) {
      await engine.store.command({ sql: 'INSERT INTO t SELECT number FROM numbers(1000000)' })
    }
    isDone = true
    await Promise.all(reads)
    expect(await count('t')).toBe('5000000')
  })

  it('gives its secret to nobody: not on the command line, not in a file', async () => {
    await engine.start()
    const secret = engine.endpoint!.password
    for (const name of ['server.xml', 'users.xml', 'port']) {
      expect(readFileSync(join(folder, name), 'utf8')).not.toContain(secret)
    }
    if (process.platform === 'linux') {
      expect(readFileSync(`/proc/${engine.pid}/cmdline`, 'utf8')).not.toContain(secret)
    }
  })

  it('logs no defect of a statement and no reader that left', async () => {
    const lines: string[] = []
    const logger = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
    await engine.stop()
    engine = new EmbeddedEngine({ folder, logger })
    await engine.start()
    await expect(engine.store.rows({ sql: 'SELEC 1' })).rejects.toThrow()
    await expect(engine.store.rows({ sql: 'SELECT throwIf(1)' })).rejects.toThrow()
    for await (const _ of engine.store.nativeBlocks({ sql: 'SELECT number FROM numbers(100000000000)' })) break
    await engine.stop()
    expect(lines).toEqual([])
  })

  it('says in the words of the engine why it cannot start', async () => {
    engine = new EmbeddedEngine({ folder, logger: silentLogger(), bounds: { memoryBytes: Number.NaN } })
    await expect(engine.start()).rejects.toThrow(/did not start \(exit code 1\).*DB::Exception/s)
    expect(engine.health().ready).toBe(false)
  })

  it('ends with its parent, and lets the next one in at once', async () => {
    const parent = await parentProcess(folder)
    parent.child.kill('SIGKILL')
    await once(parent.child, 'exit')
    await engine.start()
    expect(await count('t')).toBe('3')
    expect(engine.pid).not.toBe(parent.enginePid)
    // ClickHouse's own lock on the data is with the new process, so the old one had let go of it.
    expect(readFileSync(join(folder, 'data', 'status'), 'utf8')).toContain(`PID: ${engine.pid}`)
  })

  it('survives the signals that a terminal or an init system sends to the whole group', async () => {
    await engine.start()
    process.kill(engine.pid!, 'SIGINT')
    process.kill(engine.pid!, 'SIGTERM')
    await engine.store.rows({ sql: 'SELECT 1' })
    expect(engine.restarts).toBe(0)
  })

  it('leaves no process behind', async () => {
    await engine.start()
    const pid = engine.pid
    await engine.stop()
    expect(existsSync(`/proc/${pid}`)).toBe(false)
  })
})

/** Another program on the folder: starts an engine, stores three rows, says so, and keeps the engine. */
async function parentProcess(folder: string): Promise<{ child: ChildProcess; enginePid: number }> {
  const from = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)
  const program = `
    import { EmbeddedEngine } from ${from('./embedded-engine.ts')}
    import { silentLogger } from ${from('../../runtime/logger.ts')}
    const engine = new EmbeddedEngine({ folder: ${JSON.stringify(folder)}, logger: silentLogger() })
    await engine.start()
    await engine.store.command({ sql: 'CREATE TABLE t (v UInt64) ENGINE = MergeTree ORDER BY v' })
    await engine.store.command({ sql: 'INSERT INTO t VALUES (1), (2), (3)' })
    console.log(engine.pid)
    engine.store.rows({ sql: ${JSON.stringify(endless)} }).catch(() => {})`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout! }), 'line')
  return { child, enginePid: Number(line) }
}
