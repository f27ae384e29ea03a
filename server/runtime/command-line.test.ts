import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { runCommandLine } from './command-line.ts'
import type { LoadedConfig } from './config/load.ts'

async function run(line: string) {
  const seen: { out: string; error: string; started?: LoadedConfig; demo?: unknown } = { out: '', error: '' }
  const actions = {
    start: async (loaded: LoadedConfig) => {
      if (loaded.config.log.level === 'fatal') throw new Error('the port is taken')
      seen.started = loaded
    },
    demo: async (loaded: LoadedConfig, options: object) => {
      seen.demo = { ...options, port: loaded.config.http.listen.port }
    },
  }
  const world = {
    version: '1.2.3',
    environment: {},
    folder: tmpdir(),
    out: (text: string) => {
      seen.out += text
    },
    error: (text: string) => {
      seen.error += text
    },
  }
  const args = line.split(' ').filter((word) => word !== '')
  const status = await runCommandLine(args, actions, world)
  return { ...seen, status }
}

describe('the command line', () => {
  it('starts with roles and settings in any order', async () => {
    const { status, started } = await run('start --http.listen 127.0.0.1:1 --role query,alert --log.level=warn')
    expect(status).toBe(0)
    expect(started?.config).toMatchObject({
      roles: ['query', 'alert'],
      http: { listen: { port: 1 } },
      log: { level: 'warn' },
    })
  })

  it('starts the demo with its options and settings', async () => {
    const { demo } = await run('demo --incident --http.listen=127.0.0.1:9 --exit-after-check')
    expect(demo).toEqual({ incident: 'connection-pool', exitAfterCheck: true, port: 9 })
    expect((await run('demo --incident memory-leak')).demo).toMatchObject({ incident: 'memory-leak' })
    expect((await run('demo')).demo).toMatchObject({ incident: undefined, exitAfterCheck: false })
  })

  it('prints and checks the configuration', async () => {
    expect(JSON.parse((await run('config print --format json --log.level debug')).out)['log.level'].value).toBe('debug')
    expect((await run('config print')).out).toContain('level: info # default')
    expect((await run('config check')).out).toBe('The configuration is right (no file).\n')
    expect((await run('version')).out).toBe('1.2.3\n')
    expect(await run('--version')).toMatchObject({ out: '1.2.3\n', status: 0 })
  })

  it.each([
    ['strt', 2, 'Did you mean start?'],
    ['config prnt', 2, 'Did you mean print?'],
    ['config print --format xml', 2, 'Expected yaml or json.'],
    ['start --http.listn=1', 2, '--http.listn: this is not a setting; did you mean --http.listen?'],
    ['start now', 2, 'now: expected a setting such as --http.listen=VALUE'],
    ['start --role cook', 2, '--roles: roles is "cook"; expected'],
    ['config check --config gone.yaml', 2, 'gone.yaml: this configuration file cannot be read'],
    ['start --log.level=fatal', 1, 'the port is taken\n'],
    ['', 2, 'Usage: sightline'],
  ])('answers %j with status %d and a plain word', async (line, wanted, words) => {
    const { status, error } = await run(line)
    expect(error).toContain(words)
    expect(error).not.toMatch(/ at .*\.ts:/)
    expect(status).toBe(wanted)
  })

  it('shows help with status 0', async () => {
    const { status, out } = await run('start --help')
    expect([status, out.includes('SIGHTLINE_HTTP_LISTEN')]).toEqual([0, true])
  })
})
