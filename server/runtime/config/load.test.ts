import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createLogger } from '../logger.ts'
import { ConfigError, loadConfig } from './load.ts'
import { printConfig } from './print.ts'
import { allSettings } from './schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'config-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Given {
  readonly yaml?: string
  readonly environment?: Record<string, string>
  readonly flags?: readonly string[]
}

function load({ yaml, environment = {}, flags = [] }: Given) {
  if (yaml !== undefined) writeFileSync(join(folder, 'own.yaml'), yaml)
  return loadConfig({ file: yaml === undefined ? undefined : 'own.yaml', environment, flags, folder })
}

function faultsOf(given: Given): string[] {
  try {
    load(given)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return []
}

describe('defaults', () => {
  it('need no file and are valid', () => {
    const { config, file } = load({})
    expect(file).toBeUndefined()
    expect(config.http.listen).toEqual({ host: '127.0.0.1', port: 8080 })
    expect(config.otlp.grpc.listen).toEqual({ host: '127.0.0.1', port: 4317 })
    expect(config.roles).toEqual(['receive', 'write', 'query', 'alert'])
    expect(config.retention).toEqual({ metrics: 30, logs: 30, traces: 30, rollups: 365 })
    expect(config.query.timeout).toBe(30_000)
    expect(config.postgres.url.isSet).toBe(false)
  })

  it.each(allSettings.map((one) => one.path))('%s has a description that ends as a sentence', (path) => {
    expect(allSettings.find((one) => one.path === path)?.description).toMatch(/\S.*[.]$/)
  })
})

describe('layers', () => {
  const yaml = 'query: { timeout: 1s }\nquery.maxRowsToRead: 77\nlimits:\n  logs: { rowsPerSecond: 5 }\n'
  const environment = { SIGHTLINE_QUERY_TIMEOUT: '2s', SIGHTLINE_LIMITS_LOGS_ROWS_PER_SECOND: '6' }

  it('flags win over the environment, the environment over the file', () => {
    const { config, origins } = load({ yaml, environment, flags: ['--query.timeout=3s'] })
    expect([config.query.timeout, config.limits.logs.rowsPerSecond, config.query.maxRowsToRead]).toEqual([3000, 6, 77])
    expect(origins.get('query.timeout')).toEqual({ source: 'flag', where: '--query.timeout' })
    expect(origins.get('limits.logs.rowsPerSecond')?.source).toBe('environment')
    expect(origins.get('query.maxRowsToRead')).toEqual({ source: 'file', where: 'own.yaml:2:22' })
  })

  it.each([
    ['--query.timeout=3s', { timeout: 3000 }],
    ['--query.timeout 1m30s', { timeout: 90_000 }],
    ['--query.maxMemoryBytes 1.5GB', { maxMemoryBytes: 1.5e9 }],
    ['--query.maxMemoryBytes=77', { maxMemoryBytes: 77 }],
  ])('reads the flags %s', (line, wanted) => {
    expect(load({ flags: line.split(' ') }).config.query).toMatchObject(wanted)
  })

  it('takes a true-or-false flag with and without a value', () => {
    expect(load({ flags: ['--access.allowPlaintext', '--log.level=warn'] }).config.access.allowPlaintext).toBe(true)
    expect(load({ flags: ['--selfTelemetry.enabled', 'false'] }).config.selfTelemetry.enabled).toBe(false)
  })

  it('reads free-form settings from the file and, as JSON, from the environment', () => {
    const wanted = [{ job_name: 'a', static_configs: [{ targets: ['localhost:1'] }] }]
    const asYaml = 'scrape:\n  configs:\n    - job_name: a\n      static_configs: [{ targets: ["localhost:1"] }]\n'
    expect(load({ yaml: asYaml }).config.scrape.configs).toEqual(wanted)
    expect(load({ environment: { SIGHTLINE_SCRAPE_CONFIGS: JSON.stringify(wanted) } }).config.scrape.configs).toEqual(
      wanted,
    )
  })

  it('puts environment variables into values', () => {
    const given = `data: { folder: "/var/\${WHO}/\${UNSET:-x}/$\${plain}" }\n`
    expect(load({ yaml: given, environment: { WHO: 'me' } }).config.data.folder).toBe(`/var/me/x/\${plain}`)
  })

  it('does not stumble over what Kubernetes sets for a Service of the same name', () => {
    const environment = { SIGHTLINE_PORT: 'tcp://1', SIGHTLINE_SERVICE_HOST: '1', SIGHTLINE_PORT_4317_TCP_ADDR: '1' }
    expect(faultsOf({ environment })).toEqual([])
  })

  it('takes an empty section and an empty value for not written', () => {
    expect(load({ yaml: 'http:\nquery:\n  timeout:\n' }).config.query.timeout).toBe(30_000)
  })
})

describe('faults', () => {
  it.each([
    [
      'wrong key',
      { yaml: 'http:\n  listn: x\n' },
      'own.yaml:2:3: http.listn is not a setting; did you mean http.listen?',
    ],
    ['wrong section', { yaml: 'jurnal:\n  a: 1\n' }, 'own.yaml:1:1: jurnal is not a setting; did you mean journal?'],
    [
      'other spelling',
      { yaml: 'journal: { max_bytes: 1 }' },
      'own.yaml:1:12: journal.max_bytes is not a setting; did you mean journal.maxBytes?',
    ],
    [
      'key in the wrong section',
      { yaml: 'data: { listen: ":1" }' },
      'own.yaml:1:9: data.listen is not a setting; did you mean http.listen?',
    ],
    ['key like nothing', { yaml: 'zebra: 1' }, 'own.yaml:1:1: zebra is not a setting; no setting has a similar name'],
    [
      'wrong value',
      { yaml: 'http:\n  listen: here\n' },
      'own.yaml:2:11: http.listen is "here"; expected HOST:PORT such as 127.0.0.1:8080 or [::1]:8080',
    ],
    [
      'value where a section stands',
      { yaml: 'journal: 3' },
      'own.yaml:1:10: journal is a section; expected the settings maxBytes, commitWindow below it',
    ],
    [
      'mapping where a value stands',
      { yaml: 'query: { timeout: { a: 1 } }' },
      'own.yaml:1:19: query.timeout: expected a duration such as 100ms, 30s, 5m, 1h30m or 7d',
    ],
    [
      'unset variable',
      { yaml: `data: { folder: "\${NO}" }` },
      'own.yaml:1:17: data.folder uses the environment variable NO, which is not set',
    ],
    [
      'variable of the environment',
      { environment: { SIGHTLINE_HTTP_LISTN: '1' } },
      'SIGHTLINE_HTTP_LISTN: this is not a setting; did you mean SIGHTLINE_HTTP_LISTEN?',
    ],
    ['flag', { flags: ['--http.lissten=1'] }, '--http.lissten: this is not a setting; did you mean --http.listen?'],
    [
      'flag with no value',
      { flags: ['--query.timeout'] },
      '--query.timeout: --query.timeout has no value; expected a duration such as 100ms, 30s, 5m, 1h30m or 7d',
    ],
    ['word that is no flag', { flags: ['start'] }, 'start: expected a setting such as --http.listen=VALUE'],
    [
      'one of a few words',
      { environment: { SIGHTLINE_ACCESS_AUTHENTICATION: 'no' } },
      'SIGHTLINE_ACCESS_AUTHENTICATION: access.authentication is "no"; expected one of auto, required, off',
    ],
    [
      'days beyond the column',
      { flags: ['--retention.logs=70000'] },
      '--retention.logs: retention.logs is "70000"; expected a number of days from 1 to 65535 such as 30 or 30d',
    ],
    [
      'two listeners on one port',
      { flags: ['--http.listen=127.0.0.1:4318'] },
      'default: otlp.http.listen is 127.0.0.1:4318, which http.listen has already',
    ],
    [
      'no roles',
      { flags: ['--roles='] },
      '--roles: roles is empty; expected one or more of receive, write, query, alert',
    ],
  ] as const)('%s', (_name, given, wanted) => {
    expect(faultsOf(given)).toEqual([wanted])
  })

  it('come all at once, from every source', () => {
    const given = {
      yaml: 'a: 1\nhttp: { listen: x }',
      environment: { SIGHTLINE_B: '1' },
      flags: ['--c=1', '--query.timeout=x'],
    }
    expect(faultsOf(given)).toHaveLength(5)
  })

  it('of YAML say where', () => {
    expect(faultsOf({ yaml: 'http:\n  listen: "a\n' })[0]).toMatch(/^own\.yaml:\d+:\d+: this is not YAML: /)
    expect(faultsOf({ yaml: 'http: {}\nhttp: {}\n' })[0]).toMatch(/^own\.yaml:2:1: this is not YAML: .*unique/)
    expect(faultsOf({ yaml: '- a\n' })).toEqual(['own.yaml:1:1: expected sections such as `http:`'])
  })

  it('name a file that was asked for and is not there', () => {
    const missing = { file: 'none.yaml', environment: {}, flags: [], folder }
    expect(() => loadConfig(missing)).toThrow(/none\.yaml: this configuration file cannot be read: ENOENT/)
  })

  it('never show a secret', () => {
    expect(faultsOf({ environment: { SIGHTLINE_POSTGRES_URL: 'mysql://u:hush@h' } })).toEqual([
      'SIGHTLINE_POSTGRES_URL: postgres.url: expected a URL that starts with postgres:// or postgresql://, or nothing',
    ])
  })
})

describe('an address that other machines reach', () => {
  it.each(['0.0.0.0:80', ':80', '[::]:80', '10.0.0.1:80', 'example.com:80'])('%s needs an explicit word', (address) => {
    const flags = [`--http.listen=${address}`]
    expect(faultsOf({ flags })[0]).toContain('access.allowPlaintext')
    expect(faultsOf({ flags: [...flags, '--access.allowPlaintext'] })).toEqual([])
  })

  it.each(['127.0.0.1:80', '[::1]:80', 'localhost:80', '127.3.0.1:0'])('%s does not', (address) => {
    expect(faultsOf({ flags: [`--http.listen=${address}`] })).toEqual([])
  })

  it('is judged for every listener; a listener can be off', () => {
    expect(faultsOf({ flags: ['--otlp.http.listen=:1', '--otlp.grpc.listen=:2'] })).toHaveLength(2)
    expect(load({ flags: ['--otlp.http.listen=off'] }).config.otlp.http.listen).toBeNull()
  })
})

describe('printing', () => {
  const environment = {
    SIGHTLINE_POSTGRES_URL: 'postgres://me:hush@db/x?sslpassword=hush',
    SIGHTLINE_CLICKHOUSE_PASSWORD: 'hush',
    SIGHTLINE_ACCESS_ADMIN_TOKEN: 'hush',
    SIGHTLINE_SCRAPE_CONFIGS:
      '[{"job_name":"a","basic_auth":{"username":"u","password":"hush"},"authorization":{"credentials":"hush"}}]',
  }

  it.each(['yaml', 'json'] as const)('masks every secret in %s and in logs', (format) => {
    const loaded = load({ environment })
    const text = printConfig(loaded, format)
    expect(text).not.toContain('hush')
    expect(text).toContain('postgres://me:***@db/x')
    expect(JSON.stringify(loaded.config.postgres) + String(loaded.config.postgres.url)).not.toContain('hush')
    expect(loaded.config.postgres.url.reveal()).toBe(environment.SIGHTLINE_POSTGRES_URL)
  })

  it('masks them in the log of Sightline itself', () => {
    let lines = ''
    const logger = createLogger({ level: 'info', stream: { write: (line) => (lines += line) } })
    logger.info({
      config: load({ environment }).config.postgres,
      loose: load({ environment }).config.access.adminToken,
    })
    expect(lines).toContain('"loose":"***"')
    expect(lines).not.toContain('hush')
  })

  it('names the source of each value', () => {
    const text = printConfig(load({ yaml: 'query:\n  timeout: 45s\n', flags: ['--log.level=warn'] }), 'yaml')
    expect(text).toContain('timeout: 45s # own.yaml:2:12')
    expect(text).toContain('level: warn # --log.level')
    expect(text).toContain('listen: 127.0.0.1:8080 # default')
  })

  it('prints what reads back to the same configuration', () => {
    const first = load({ flags: ['--roles=query,alert', '--limits.tooNew=90s', '--query.maxMemoryBytes=1000'] })
    const again = load({ yaml: printConfig(first, 'yaml') })
    expect(JSON.stringify(again.config)).toBe(JSON.stringify(first.config))
  })
})

it('answers any text in any setting with a value or a fault, never with another error', () => {
  const paths = allSettings.map((one) => one.path)
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.string(), (path, value) => {
      for (const fault of faultsOf({ flags: [`--${path}=${value}`] })) expect(fault).not.toBe('')
    }),
    { seed: 3, numRuns: 300 },
  )
})

it('answers any file with a configuration or faults', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'http:\n {}[]-*&"\'listen#|>!?0${'), maxLength: 40 }), (yaml) => {
      faultsOf({ yaml })
    }),
    { seed: 3, numRuns: 300 },
  )
})
