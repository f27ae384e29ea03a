import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Fleet, type Member } from './fleet.ts'

const folder = mkdtempSync(join(tmpdir(), 'shop-fleet-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const bank = { name: 'bank-api', script: 'outside/bank-api.ts' }

describe('the fleet', () => {
  it('starts a member again on its port when it was killed, with its faults, and says so', async () => {
    const up: Member[] = []
    const crashes: string[] = []
    let raised: () => void = () => {}
    const fleet = new Fleet({
      ...{ folder, env: {} },
      onUp(member) {
        up.push(member)
        raised()
      },
      onCrash: (name, reason) => crashes.push(`${name}: ${reason}`),
    })
    await fleet.start([bank])
    await fleet.switchFault('bank-api', 'slow-dependency', true)
    const again = new Promise<void>((resolve) => {
      raised = resolve
    })
    process.kill(up[0].pid, 'SIGKILL')
    await again

    expect(crashes).toEqual(['bank-api: signal SIGKILL'])
    expect(up[1].port).toBe(up[0].port)
    expect(up[1].pid).not.toBe(up[0].pid)
    const startedMs = performance.now()
    const body = JSON.stringify({ orderId: '10001' })
    const answer = await fetch(`http://127.0.0.1:${up[1].port}/v1/authorizations`, { method: 'POST', body })
    expect(await answer.json()).toMatchObject({ approved: true })
    expect(performance.now() - startedMs).toBeGreaterThan(1_000)
    await fleet.stop()
    expect(isAlive(up[1].pid)).toBe(false)
  })

  it('rejects when a member ends before it is ready, and keeps nothing running', async () => {
    const fleet = new Fleet({ folder, env: {}, onUp: () => {}, onCrash: () => {} })
    const broken = { name: 'broken', script: 'process/main.ts', args: ['no-such-service'] }
    await expect(fleet.start([broken])).rejects.toThrow('the process ended before it answered: exit code 1')
    await fleet.stop()
  })

  it('dies with its launcher, even when that is killed', async () => {
    const program = `
      import { Fleet } from ${JSON.stringify(new URL('fleet.ts', import.meta.url).href)}
      const fleet = new Fleet({ folder: ${JSON.stringify(folder)}, env: {}, onUp: ({ pid }) => console.log(pid), onCrash() {} })
      await fleet.start([${JSON.stringify(bank)}])
      setInterval(() => {}, 1000)`
    const launcher = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed] = (await once(launcher.stdout, 'data')) as [Buffer]
    const pid = Number(printed.toString())
    expect(isAlive(pid)).toBe(true)
    launcher.kill('SIGKILL')
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
