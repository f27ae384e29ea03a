// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of regexes, not of JavaScript
import { describe, expect, it } from 'vitest'
import { expandTemplate } from './expand-template.ts'
import { compileRelabel, type RelabelConfig, relabel, relabelDefaults } from './relabel.ts'

const config = (rest: Partial<RelabelConfig>): RelabelConfig => ({
  ...relabelDefaults,
  sourceLabels: [],
  targetLabel: '',
  modulus: 0,
  ...rest,
})

type LabelMap = Record<string, string>
const sorted = (labels: LabelMap) => Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))

/** Rules one after the other; null where the target is dropped. */
function run(input: LabelMap, ...rules: Partial<RelabelConfig>[]): LabelMap | null {
  const labels = relabel(
    sorted(input),
    rules.map((rule) => compileRelabel(config(rule))),
  )
  if (labels !== null) expect(labels).toEqual(sorted(Object.fromEntries(labels)))
  return labels === null ? null : Object.fromEntries(labels)
}

const abc = { a: 'foo', b: 'bar', c: 'baz' }

describe('relabel', () => {
  // Inputs, rules and results follow model/relabel's own tests in Prometheus 3.
  it.each<[string, LabelMap, Partial<RelabelConfig>[], LabelMap | null]>([
    [
      'replaces by a group',
      abc,
      [{ sourceLabels: ['a'], regex: 'f(.*)', targetLabel: 'd', separator: ';', replacement: 'ch${1}-ch${1}' }],
      { ...abc, d: 'choo-choo' },
    ],
    [
      'joins sources; chains rules',
      abc,
      [
        { sourceLabels: ['a', 'b'], regex: 'f(.*);(.*)r', targetLabel: 'a', replacement: 'b${1}${2}m' },
        { sourceLabels: ['c', 'a'], regex: '(b).*b(.*)ba(.*)', targetLabel: 'd', replacement: '$1$2$2$3' },
      ],
      { a: 'boobam', b: 'bar', c: 'baz', d: 'boooom' },
    ],
    [
      'anchors the regex: no match, no change',
      abc,
      [{ sourceLabels: ['a'], regex: 'o', targetLabel: 'd', replacement: 'x' }],
      abc,
    ],
    [
      'drops',
      abc,
      [
        { sourceLabels: ['a'], regex: '.*o.*', action: 'drop' },
        { sourceLabels: ['a'], regex: 'f(.*)', targetLabel: 'd', replacement: 'x' },
      ],
      null,
    ],
    ['does not drop what matches in part', abc, [{ sourceLabels: ['a'], regex: 'no-match', action: 'drop' }], abc],
    ['keeps', abc, [{ sourceLabels: ['a'], regex: 'f|o', action: 'keep' }], null],
    ['keeps on a match', abc, [{ sourceLabels: ['a'], regex: 'foo', action: 'keep' }], abc],
    ['keep with a missing label: the empty text', abc, [{ sourceLabels: ['nope'], regex: '', action: 'keep' }], abc],
    [
      'hashmod',
      { a: 'foo', b: 'bar', c: 'baz' },
      [{ sourceLabels: ['c'], targetLabel: 'd', action: 'hashmod', modulus: 1000 }],
      { ...abc, d: '976' },
    ],
    [
      'hashmod of text with a line end',
      { a: 'foo\nbar' },
      [{ sourceLabels: ['a'], targetLabel: 'b', action: 'hashmod', modulus: 1000 }],
      { a: 'foo\nbar', b: '734' },
    ],
    [
      'labelmap',
      { a: 'foo', b1: 'bar', b2: 'baz' },
      [{ regex: '(b.*)', replacement: 'bar_${1}', action: 'labelmap' }],
      { a: 'foo', b1: 'bar', b2: 'baz', bar_b1: 'bar', bar_b2: 'baz' },
    ],
    [
      'labelmap of meta labels',
      { a: 'foo', __meta_my_bar: 'aaa', __meta_my_baz: 'bbb', __meta_other: 'ccc' },
      [{ regex: '__meta_(my.*)', replacement: '${1}', action: 'labelmap' }],
      { a: 'foo', __meta_my_bar: 'aaa', __meta_my_baz: 'bbb', __meta_other: 'ccc', my_bar: 'aaa', my_baz: 'bbb' },
    ],
    [
      'labelmap onto one name: the last in order wins',
      { b1: 'x', b2: 'y' },
      [{ regex: 'b.', replacement: 'z', action: 'labelmap' }],
      { b1: 'x', b2: 'y', z: 'y' },
    ],
    [
      'labelkeep',
      { a: 'foo', b1: 'bar', b2: 'baz' },
      [{ regex: '(b.*)', action: 'labelkeep' }],
      { b1: 'bar', b2: 'baz' },
    ],
    ['labeldrop', { a: 'foo', b1: 'bar', b2: 'baz' }, [{ regex: '(b.*)', action: 'labeldrop' }], { a: 'foo' }],
    [
      'lowercase and uppercase',
      { foo: 'bAr123Foo' },
      [
        { sourceLabels: ['foo'], action: 'lowercase', targetLabel: 'l' },
        { sourceLabels: ['foo'], action: 'uppercase', targetLabel: 'u' },
      ],
      { foo: 'bAr123Foo', l: 'bar123foo', u: 'BAR123FOO' },
    ],
    [
      'case by code point, as Go does it',
      { a: 'ΟΔΟΣ ß' },
      [
        { sourceLabels: ['a'], action: 'lowercase', targetLabel: 'l' },
        { sourceLabels: ['a'], action: 'uppercase', targetLabel: 'u' },
      ],
      { a: 'ΟΔΟΣ ß', l: 'οδοσ ß', u: 'ΟΔΟΣ ß' },
    ],
    [
      'keepequal',
      { p: '1234', c: '1234' },
      [{ sourceLabels: ['p'], action: 'keepequal', targetLabel: 'c' }],
      { p: '1234', c: '1234' },
    ],
    [
      'keepequal of different ones',
      { p: '1234', c: '1235' },
      [{ sourceLabels: ['p'], action: 'keepequal', targetLabel: 'c' }],
      null,
    ],
    ['dropequal', { p: '1234', c: '1234' }, [{ sourceLabels: ['p'], action: 'dropequal', targetLabel: 'c' }], null],
    [
      'dropequal of different ones',
      { p: '1234', c: '1' },
      [{ sourceLabels: ['p'], action: 'dropequal', targetLabel: 'c' }],
      { p: '1234', c: '1' },
    ],
    [
      'an empty replacement removes the target',
      abc,
      [{ sourceLabels: ['a'], regex: 'f.*', targetLabel: 'b', replacement: '' }],
      { a: 'foo', c: 'baz' },
    ],
    [
      'an empty group removes the target',
      abc,
      [{ sourceLabels: ['a'], regex: 'foo(x)?', targetLabel: 'b' }],
      { a: 'foo', c: 'baz' },
    ],
    [
      'the target may be a template',
      { a: 'some-name-value' },
      [{ sourceLabels: ['a'], regex: 'some-([^-]+)-([^,]+)', targetLabel: '${1}', replacement: '${2}' }],
      { a: 'some-name-value', name: 'value' },
    ],
    [
      'an empty target name changes nothing',
      { a: 'foo' },
      [{ sourceLabels: ['a'], regex: 'foo(x)?', targetLabel: '${1}', replacement: 'v' }],
      { a: 'foo' },
    ],
    ['a plain replacement without sources', abc, [{ targetLabel: 'd', replacement: 'x' }], { ...abc, d: 'x' }],
    [
      'a dot matches line ends',
      { a: 'x\ny' },
      [{ sourceLabels: ['a'], regex: 'x.y', targetLabel: 'd', replacement: 'z' }],
      { a: 'x\ny', d: 'z' },
    ],
    [
      'alternatives are anchored as a whole',
      { a: 'ab' },
      [{ sourceLabels: ['a'], regex: 'a|b', action: 'keep' }],
      null,
    ],
    [
      'a separator of its own',
      abc,
      [{ sourceLabels: ['a', 'b'], separator: '', regex: 'foobar', targetLabel: 'd', replacement: 'x' }],
      { ...abc, d: 'x' },
    ],
    [
      'UTF-8 names',
      { 'http.status': '200' },
      [{ sourceLabels: ['http.status'], targetLabel: 'http.code' }],
      { 'http.status': '200', 'http.code': '200' },
    ],
  ])('%s', (_name, input, rules, wanted) => {
    expect(run(input, ...rules)).toEqual(wanted)
  })

  it.each<[Partial<RelabelConfig>, string]>([
    [{ regex: '(a' }, 'action replace needs a target_label'],
    [{ regex: '(a', targetLabel: 'b' }, 'regex "(a" is not valid (RE2)'],
    [{ regex: '(?=a)', targetLabel: 'b' }, 'is not valid (RE2)'],
    [{ action: 'hashmod', targetLabel: 'd' }, 'action hashmod needs a modulus above 0'],
    [{ action: 'lowercase' }, 'action lowercase needs a target_label'],
    [{ action: 'lowercase', targetLabel: 'd', replacement: 'x' }, 'action lowercase takes no replacement'],
    [
      { action: 'keepequal', targetLabel: 'd', regex: 'x' },
      'action keepequal takes only source_labels and target_label',
    ],
    [{ action: 'labeldrop', sourceLabels: ['a'] }, 'action labeldrop takes only regex'],
    [{ action: 'labelmap', replacement: '' }, 'action labelmap needs a replacement'],
    [{ action: 'keep', regex: 'a'.repeat(65_537) }, 'regex has 65537 characters, at most 65536'],
  ])('refuses %j', (rule, message) => {
    expect(() => compileRelabel(config(rule))).toThrow(message)
  })

  it('takes time linear in the text for a regex that makes others explode', () => {
    expect(run({ a: `${'a'.repeat(5000)}!` }, { sourceLabels: ['a'], regex: '(a+)+$', action: 'keep' })).toBeNull()
  })
})

describe('template', () => {
  const captures = {
    group: (key: number | string) => ({ 0: 'all', 1: 'one', name: 'named', '1x': 'oops' })[key] ?? '',
  }
  it.each([
    ['$1', 'one'],
    ['${1}', 'one'],
    ['$name-$0', 'named-all'],
    ['$1x', 'oops'],
    ['${1}x', 'onex'],
    ['$$1', '$1'],
    ['a$', 'a$'],
    ['$-', '$-'],
    ['${', '${'],
    ['${}', '${}'],
    ['${a-b}', '${a-b}'],
    ['$9', ''],
    ['$unknown!', '!'],
    ['', ''],
  ])('%s becomes %s', (template, wanted) => {
    expect(expandTemplate(template, captures)).toBe(wanted)
  })
})
