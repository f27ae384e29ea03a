import { Buffer } from 'node:buffer'
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fuzz } from './fuzz.ts'
import { Mutator } from './mutator.ts'
import { targets } from './registry.ts'
import { createWorld, type FuzzTarget, isTyped } from './target.ts'
import { runTrial } from './trial.ts'

const names = targets.map(({ name }) => name)
const example = Buffer.from('{"a":[1,{"b":"two"}],"c":"three"}')
const target: FuzzTarget = {
  ...{ name: 'test', form: 'json', words: ['word'], remembers: false },
  examples: () => [example],
  open: () => () => null,
}

describe('every decoder', () => {
  it('answers broken inputs with rows or a typed error, within the bounds of memory and steps', async () => {
    const faults = await fuzz({ names, seed: 20_261_123, from: 0, runs: 400, grown: 2, threads: 2 })
    const words = faults.map(
      ({ trial, number, input, words }) => `${trial.target} ${number}: ${input.toString('hex')} ${words}`,
    )
    expect(words).toEqual([])
  })

  it('has right inputs as examples', async () => {
    for (const one of targets) {
      const decode = one.open(await createWorld())
      for (const [i, bytes] of one.examples().entries())
        await expect(Promise.resolve(decode(Buffer.from(bytes))), `${one.name}, example ${i}`).resolves.toBeDefined()
    }
  })

  it('of server/decode is reached', () => {
    // Folders with a decoder of their own; the others hold what decoders are made of.
    const parts = ['compression', 'metric', 'otlp', 'otlp-metrics', 'wire', 'exposition']
    const folders = readdirSync(new URL('../../server/decode', import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !parts.includes(entry.name))
      .map(({ name }) => name)
    for (const folder of folders)
      expect(
        names.some((name) => name.includes(folder)),
        folder,
      ).toBe(true)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('inputs', () => {
  it('follow from the seed and the number alone', () => {
    const inputs = (seed: number, numbers: readonly number[]) => {
      const mutator = new Mutator({ ...target, examples: target.examples(), seed })
      return numbers.map((number) => mutator.input(number).toString('hex'))
    }
    expect(inputs(1, [9, 5])).toEqual(inputs(1, [5, 9]).reverse())
    expect(inputs(1, [5])).not.toEqual(inputs(2, [5]))
  })

  it('that show a defect are found, and told with their number', async () => {
    const open: FuzzTarget['open'] = () => (input) => {
      if (input.includes('word')) throw new TypeError('a defect')
      return null
    }
    const trial = { target: 'test', seed: 1, from: 0, count: 500, isGrown: false }
    const { faults } = await runTrial(trial, { ...target, open }, { onInput: () => {} })
    expect(faults.length).toBeGreaterThan(0)
    for (const { input, words } of faults) {
      expect(input.includes('word')).toBe(true)
      expect(words).toContain('TypeError: a defect')
    }
  })

  it.each<[string, FuzzTarget['open'], RegExp]>([
    [
      'too much memory',
      ({ memory }) =>
        () =>
          memory.take(1 << 24),
      /bytes of memory/,
    ],
    [
      'something else the second time',
      () => {
        let calls = 0
        return () => Buffer.alloc(calls++)
      },
      /something else/,
    ],
  ])('that take %s are found', async (_name, open, words) => {
    const trial = { target: 'test', seed: 1, from: 0, count: 64, isGrown: false }
    const { faults } = await runTrial(trial, { ...target, open }, { onInput: () => {} })
    expect(faults[0].words).toMatch(words)
    expect(isTyped(new Error('a'))).toBe(false)
  })
})
