import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Catalog } from './catalog/catalog.ts'
import { defaultTenant } from './model/tenant.ts'
import { checkLogPipelines, createLogPipelines } from './program-pipelines.ts'
import { systemClock } from './runtime/clock.ts'
import { loadConfig } from './runtime/config/load.ts'
import { Secret } from './runtime/config/secret.ts'
import { silentLogger } from './runtime/logger.ts'

const folder = mkdtempSync(join(tmpdir(), 'program-pipelines-'))
afterAll(() => rmSync(folder, { recursive: true }))

const logger = silentLogger()
/** Not started: the configuration needs none of its tables. */
const catalog = new Catalog({ url: new Secret(''), folder, clock: systemClock, logger })

/** The names of the default tenant's pipelines of a configuration. */
function pipelinesOf(yaml: string): string[] {
  writeFileSync(join(folder, 'sightline.yaml'), yaml)
  const { config } = loadConfig({ environment: {}, flags: [], folder })
  const pipelines = createLogPipelines({ config: config.pipelines, catalog, clock: systemClock, logger })
  return pipelines.of(defaultTenant).map(({ definition }) => definition.name)
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('pipelines of the configuration', () => {
  it('come from the file itself and from files that it names, one or a list in each', () => {
    const one = file('one.yaml', 'name: c\nstages: [{ type: drop }]\n')
    const list = file(
      'list.yaml',
      '- name: d\n  stages: [{ type: route, retention: short }]\n- { name: e, stages: [{ type: redact }] }\n',
    )
    const yaml = `pipelines:
  retentionClasses: short=3d
  files: [${one}, ${list}]
  logs:
    - { name: b, stages: [{ type: drop }] }
    - { name: a, stages: [{ type: drop }] }
`
    expect(pipelinesOf(yaml)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('are judged without a catalog, whose tenants are taken to exist', () => {
    const check = (yaml: string): void => {
      writeFileSync(join(folder, 'sightline.yaml'), yaml)
      checkLogPipelines(loadConfig({ environment: {}, flags: [], folder }).config.pipelines)
    }
    check('pipelines: { logs: [{ name: a, stages: [{ type: route, tenant: audit }] }] }')
    expect(() => check("pipelines: { logs: [{ name: a, stages: [{ type: regex, pattern: '(' }] }] }")).toThrow(
      /^pipelines: a\.stages\[0\]\.pattern: /,
    )
  })

  it.each([
    [
      'logs: [{ name: a, stages: [{ type: dorp }] }]',
      /^pipelines\.logs\[0\]\.stages\[0\]\.type: there is no stage "dorp"/,
    ],
    [
      'logs: [{ name: a, stages: [{ type: route, retention: x }] }]',
      /^pipelines: a\.stages\[0\]\.retention: "x" is no retention class/,
    ],
    ['logs: [{ name: a, tenant: [1], stages: [] }]', /^pipelines\.logs\[0\]\.tenant: expected a tenant's name/],
    [
      'logs: [{ name: a, stages: [{ type: drop }] }, { name: a, stages: [{ type: drop }] }]',
      /two of them are called a/,
    ],
    ['files: [/nowhere/at/all.yaml]', /^pipelines\.files: \/nowhere\/at\/all\.yaml: ENOENT/],
  ])('stop the start where they are wrong, and say where: %s', (yaml, words) => {
    expect(() => pipelinesOf(`pipelines:\n  ${yaml}\n`)).toThrow(words)
  })

  it('stop the start where a class has no days', () => {
    expect(() => pipelinesOf('pipelines: { retentionClasses: [short=0d] }')).toThrow(
      'NAME=DAYS with 1 to 65535 days such as audit=365d',
    )
  })
})
