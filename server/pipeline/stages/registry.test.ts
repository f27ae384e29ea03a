import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ShownLine } from '../../model/setup/log-pipelines.ts'
import { CompiledPipeline } from '../user/compiled-pipeline.ts'
import { outcomeOf, stageContext } from '../user/pipelines-suite.ts'
import { readDefinition } from '../user/read-definition.ts'
import { stages } from './registry.ts'
import type { ExampleLine } from './stage.ts'

function compiled(type: string, settings: Readonly<Record<string, unknown>>): CompiledPipeline {
  const read = readDefinition({ name: 'example', stages: [{ type, ...settings }] })
  if ('faults' in read) throw new Error(JSON.stringify(read.faults))
  return new CompiledPipeline(read.definition, stageContext())
}

function shown({ body, severity = '', attributes = {} }: ExampleLine): Partial<ShownLine> {
  return { body, severity, attributes }
}

it('lists every stage once', () => {
  const files = readdirSync(new URL('.', import.meta.url)).filter((file) =>
    /^(?!stage|registry).*(?<!test)\.ts$/.test(file),
  )
  expect(stages.map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort())
})

describe.each(stages.map((stage) => [stage.name, stage] as const))('the stage %s', (name, stage) => {
  it('has an example', () => {
    expect(stage.examples.length).toBeGreaterThan(0)
  })

  it.each(stage.examples)('does what its example %# says', ({ settings, before, after }) => {
    const pipeline = compiled(name, settings)
    const line = outcomeOf(pipeline, before)
    expect(line.failure).toBe('')
    expect(line.before).toMatchObject(shown(before))
    if (after === 'left') {
      expect(line.after).toMatchObject(shown(before))
      expect(pipeline.counts).toMatchObject([{ ended: expect.any(Number), failed: 0 }])
    } else if (typeof after === 'string') expect(line.fate).toBe(after)
    else expect(line.after).toMatchObject(shown(after))
  })
})
