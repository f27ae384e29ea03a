import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { functions } from './registry.ts'

describe('the registry of functions', () => {
  it('has every file of the folder', () => {
    const registry = readFileSync(join(import.meta.dirname, 'registry.ts'), 'utf8')
    const files = readdirSync(import.meta.dirname).filter(
      (name) => !name.endsWith('.test.ts') && name !== 'registry.ts' && name !== 'function.ts',
    )
    for (const file of files) expect(registry, file).toContain(`'./${file}'`)
  })

  it('has each name once, with a sentence about it', () => {
    const names = functions.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { name, summary } of functions) expect(summary, name).toMatch(/^[A-Z0-9π].*\.$/)
  })
})
