import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FolderLocked, lockFolder } from './folder-lock.ts'

const children: ChildProcess[] = []

/** A process that takes the lock, says so, and keeps it until it is killed. */
async function holder(path: string) {
  const program = `
    import { lockFolder } from ${JSON.stringify(new URL('./folder-lock.ts', import.meta.url).href)}
    lockFolder(${JSON.stringify(path)}, 1767225600000)
    process.stdout.write('held')
    setInterval(() => {}, 60_000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await once(child.stdout, 'data')
  return {
    pid: child.pid!,
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'close')
    },
  }
}

describe('lockFolder', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-lock-'))
    path = join(folder, 'lock')
  })
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })

  it('tells a second process who holds the folder and since when', async () => {
    const first = await holder(path)
    const attempt = () => lockFolder(path, 0)
    expect(attempt).toThrow(FolderLocked)
    expect(attempt).toThrow(`${folder} is in use by process ${first.pid}, which started at 2026-01-01T00:00:00.000Z`)
    await first.kill()
  })
  it('is free the moment its holder is gone, however it went', async () => {
    const first = await holder(path)
    await first.kill()
    lockFolder(path, 0).release()
  })
  it('is free after release, and can be taken again', () => {
    lockFolder(path, 0).release()
    lockFolder(path, 0).release()
  })
  it('holds within one process too', () => {
    const lock = lockFolder(path, 5)
    expect(() => lockFolder(path, 0)).toThrow(`in use by process ${process.pid}`)
    lock.release()
  })
  it('needs no word about the holder to refuse', () => {
    const lock = lockFolder(path, 5)
    writeFileSync(`${path}.json`, '{"pid": "x"')
    expect(() => lockFolder(path, 0)).toThrow('in use by another process')
    lock.release()
  })
  it('makes the folder', () => {
    lockFolder(join(folder, 'a', 'b', 'lock'), 0).release()
  })
})
