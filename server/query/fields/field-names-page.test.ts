import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attributeNames, isResourceName, readAttribute, resourceNames } from './conventions.ts'
import { logNames } from './log-names.ts'
import { metricNameNames, metricServiceNames } from './metric-names.ts'
import { spanNames } from './span-names.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/field-names.md'), 'utf8')
const section = (title: string) => page.split(`## ${title}`)[1].split('\n## ')[0]
const namesIn = (line: string) => [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name)

describe('docs/field-names.md', () => {
  it.each([
    ['Spans', spanNames.map((one) => one.names)],
    ['Log records', logNames.map((one) => one.names)],
    ['Metrics', [metricNameNames, metricServiceNames]],
  ])('%s: shows every name that is read', (title, names) => {
    for (const name of names.flat()) expect(section(title), name).toContain(`\`${name}\``)
  })

  it('shows every pair of conventions', () => {
    const rows = section('Attributes')
      .split('\n')
      .filter((line) => /^\| `/.test(line))
    expect(rows).toHaveLength(23)
    for (const row of rows) {
      const names = namesIn(row)
      const known = row.includes('(resource)') ? resourceNames(names[0]) : attributeNames(names[0])
      expect(known, row).toEqual(names)
      for (const name of names.slice(1))
        expect(row.includes('(resource)') ? resourceNames(name) : attributeNames(name)).toBe(known)
    }
  })
})

describe('attributes', () => {
  it.each([
    ['service.version', true],
    ['k8s.cluster.name', true],
    ['service.peer.name', false],
    ['http.route', false],
    ['services', false],
  ])('%s is of a resource: %s', (name, wanted) => expect(isResourceName(name)).toBe(wanted))

  it('reads the present name before the older one', () => {
    expect(readAttribute({ 'db.statement': 'old', 'db.query.text': 'new' }, 'db.statement')).toBe('new')
    expect(readAttribute({ 'db.statement': 'old' }, 'db.query.text')).toBe('old')
    expect(readAttribute({}, 'db.query.text')).toBe('')
  })
})
