import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { PipelineFaults } from '../../model/setup/log-pipelines.ts'
import { stages } from '../stages/registry.ts'
import { CompiledPipeline } from './compiled-pipeline.ts'
import { outcomeOf, stageContext } from './pipelines-suite.ts'
import { readDefinition, readDefinitionText, readYaml } from './read-definition.ts'

const seed = 20_261_123

/** Faults of a definition as `path: message`. */
function faultsOf(text: string): string[] {
  const read = readDefinitionText(text)
  if ('faults' in read) return read.faults.map(({ path, message }) => `${path}: ${message}`)
  try {
    new CompiledPipeline(read.definition, stageContext())
    return []
  } catch (error) {
    return (error as PipelineFaults).faults.map(({ path, message }) => `${path}: ${message}`)
  }
}

describe('a definition', () => {
  it.each([
    ['brackets', `a: ${'['.repeat(65)}`],
    ['braces', `a: ${'{ b: '.repeat(5_000)}`],
    ['dashes', `${'- '.repeat(65)}a`],
    ['blanks', `a:\n${' '.repeat(513)}b: 1`],
  ])('that is nested too deep is refused as such: %s', (_name, text) => {
    expect(faultsOf(text)).toEqual(['body: is nested deeper than the 64 levels that are read'])
  })

  it('may have brackets in its texts', () => {
    const pattern = '['.repeat(100)
    expect(readYaml(`a: '${pattern}'\nb: ${'x['.repeat(100)}`)).toEqual({ value: { a: pattern, b: 'x['.repeat(100) } })
  })

  it.each([
    ['name: x\nstages: [{ type: drop }]', []],
    ['name: x', ['stages: invalid input: expected array, received undefined']],
    ['name: x y\nstages: [{ type: drop }]', [expect.stringMatching(/^name: invalid string: must match pattern/)]],
    [
      'name: x\nstage: [{ type: drop }]\nstages: [{ type: drop }]',
      ['stage: is not a setting here; did you mean stages?'],
    ],
    ['name: x\nstages: [{ type: dorp }]', [expect.stringMatching(/^stages\[0\]\.type: .* did you mean drop\?$/)]],
    ['name: x\nstages: [{}]', [expect.stringMatching(/^stages\[0\]\.type: is missing; expected one of match, grok/)]],
    [
      'name: x\nstages: [{ type: grok, pattern: a }]',
      [
        'stages[0].patterns: invalid input: expected array, received undefined',
        'stages[0].pattern: is not a setting here; did you mean patterns?',
      ],
    ],
    [
      'name: x\nstages: [{ type: drop, when: { al: [] } }]',
      ['stages[0].when.al: is not a setting here; expected all, any, none'],
    ],
    [
      'name: x\nstages: [{ type: drop, when: { all: [{ feld: a, equals: b }] } }]',
      [
        expect.stringMatching(/^stages\[0\]\.when\.all\[0\]\.field: invalid input/),
        'stages[0].when.all[0].feld: is not a setting here; did you mean field?',
      ],
    ],
    [
      'name: x\nstages: [{ type: drop, when: {} }]',
      ['stages[0].when: no condition is given; expected all, any or none'],
    ],
    [
      'name: x\nstages: [{ type: drop, when: { all: [{ field: a }] } }]',
      [expect.stringMatching(/^stages\[0\]\.when\.all\[0\]: says nothing about its field/)],
    ],
    [
      'name: x\nstages: [{ type: set, fields: { a: "{{b" } }, { type: redact, kinds: [cardnumber] }]',
      [
        'stages[0].fields.a: expected `{{field}}` with the name of a field and both braces closed',
        'stages[1].kinds[0]: "cardnumber" is no kind of secret; did you mean card_number?',
      ],
    ],
    [
      'name: x\nstages: [{ type: set, fields: { service.name: a } }]',
      [expect.stringMatching(/^stages\[0\]\.fields\.service\.name: service\.name belongs to the resource/)],
    ],
    [
      'name: x\nstages: [{ type: metric, name: a, kind: gauge }]',
      ['stages[0].value: a gauge needs a field; expected its name'],
    ],
    [
      'name: x\nstages: [{ type: metric, name: a, kind: counter }, { type: metric, name: a_total, kind: counter, labels: { b: c } }]',
      ['stages[1].name: a_total is a metric of another kind, labels or buckets already; expected another name'],
    ],
    ['name: "x\n', [expect.stringMatching(/^line 2, column 1: this is not YAML: /)]],
    ['name: x\nname: y\n', [expect.stringMatching(/^line 2, column 1: this is not YAML: /)]],
    ['- a', ['body: invalid input: expected object, received array']],
  ])('%j', (text, wanted) => {
    expect(faultsOf(text)).toEqual(wanted)
  })

  it('is refused beyond its bounds', () => {
    const many = { name: 'x', stages: Array.from({ length: 51 }, () => ({ type: 'drop' })) }
    expect(faultsOf(stringify(many))).toEqual([
      expect.stringMatching(/^stages: too big: expected array to have <=50 items/),
    ])
    expect(readYaml('x'.repeat(300_000))).toMatchObject({ faults: [{ path: 'body' }] })
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((key, i) => `${key}: &${key} [${`*${'abcdefgh'[i]},`.repeat(9)}*${'abcdefgh'[i]}]`),
    ]
    expect(readYaml(bomb.join('\n'))).toMatchObject({ faults: [{ path: 'body' }] })
  })

  it('reads back from the YAML that it is written as', () => {
    for (const stage of stages)
      for (const { settings } of stage.examples) {
        const read = readDefinition({ name: 'x', stages: [{ type: stage.name, ...settings }] })
        if ('faults' in read) throw new PipelineFaults(read.faults)
        expect(readDefinitionText(stringify(read.definition))).toEqual(read)
      }
  })

  it('answers any value with a pipeline or faults, and a pipeline any line', () => {
    const names = fc.constantFrom(
      'type',
      'name',
      'fields',
      'field',
      'patterns',
      'pattern',
      'when',
      'all',
      'kinds',
      'keep',
      'by',
      'prefix',
      'columns',
      'labels',
      'value',
      'kind',
      'tenant',
      'retention',
    )
    const word = fc.constantFrom(
      ...stages.map(({ name }) => name),
      'body',
      'a',
      'x',
      0.5,
      1,
      true,
      '{{a}}',
      '%{WORD:a}',
      '(?P<a>.)',
      'card_number',
      'counter',
    )
    const leaf = fc.oneof(word, fc.array(word, { maxLength: 2 }), fc.dictionary(names, word, { maxKeys: 2 }))
    const stage = fc.tuple(
      fc.constantFrom(...stages.map(({ name }) => name)),
      fc.dictionary(names, leaf, { maxKeys: 4 }),
    )
    fc.assert(
      fc.property(
        fc.array(stage, { minLength: 1, maxLength: 3 }),
        fc.string({ unit: 'binary', maxLength: 40 }),
        (list, body) => {
          const read = readDefinition({ name: 'x', stages: list.map(([type, settings]) => ({ ...settings, type })) })
          if ('faults' in read) {
            expect(read.faults.length).toBeGreaterThan(0)
            return
          }
          try {
            outcomeOf(new CompiledPipeline(read.definition, stageContext()), { body, attributes: { a: body } })
          } catch (error) {
            expect(error).toBeInstanceOf(PipelineFaults)
          }
        },
      ),
      { seed, numRuns: 1500 },
    )
  })

  it('answers any text', () => {
    const piece = fc.constantFrom(
      'name: x\n',
      'stages:\n',
      '  - type: drop\n',
      '{',
      '}',
      '[',
      ']',
      ': ',
      '&a ',
      '*a',
      '!!js ',
      '"',
      "'",
      '\n',
      '- ',
      '\t',
      '#',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        readDefinitionText(pieces.join(''))
      }),
      { seed, numRuns: 1000 },
    )
  })
})
