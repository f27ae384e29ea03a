import { createHash } from 'node:crypto'
import { RE2JS } from 're2js'
import type { Labels } from '../../../model/series-table.ts'
import { expandTemplate, hasReference } from './expand-template.ts'
import { LabelsBuilder } from './labels-builder.ts'

export const relabelActions = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const

export type RelabelAction = (typeof relabelActions)[number]

/** One entry of `relabel_configs`, with Prometheus' defaults filled in. */
export interface RelabelConfig {
  readonly action: RelabelAction
  readonly sourceLabels: readonly string[]
  readonly separator: string
  /** RE2 syntax; it must match the whole text, and `.` matches line ends too. */
  readonly regex: string
  readonly targetLabel: string
  readonly replacement: string
  readonly modulus: number
}

export const relabelDefaults = { action: 'replace', separator: ';', regex: '(.*)', replacement: '$1' } as const

/** Changes labels in place; false: the target or sample is to be left out. */
export type RelabelRule = (labels: LabelsBuilder) => boolean

/**
 * Makes a rule of a configuration. Throws: an Error in words where regex or fields do not fit the action.
 * Source: Prometheus 3 model/relabel, `Config.Validate` and `relabel`.
 */
export function compileRelabel(config: RelabelConfig): RelabelRule {
  const fault = faultOf(config)
  if (fault !== null) throw new Error(fault)
  const regex = compileRegex(config.regex)
  const { targetLabel, modulus, replacement } = config
  const sourceOf = (labels: LabelsBuilder): string =>
    config.sourceLabels.map((name) => labels.get(name)).join(config.separator)
  switch (config.action) {
    case 'replace':
      return replaceRule(config, regex, sourceOf)
    case 'keep':
      return (labels) => regex.test(sourceOf(labels))
    case 'drop':
      return (labels) => !regex.test(sourceOf(labels))
    case 'keepequal':
      return (labels) => labels.get(targetLabel) === sourceOf(labels)
    case 'dropequal':
      return (labels) => labels.get(targetLabel) !== sourceOf(labels)
    case 'hashmod':
      return changing((labels) => labels.set(targetLabel, hashModulus(sourceOf(labels), modulus)))
    case 'lowercase':
      return changing((labels) =>
        labels.set(
          targetLabel,
          mapCase(sourceOf(labels), (c) => c.toLowerCase()),
        ),
      )
    case 'uppercase':
      return changing((labels) =>
        labels.set(
          targetLabel,
          mapCase(sourceOf(labels), (c) => c.toUpperCase()),
        ),
      )
    case 'labelmap':
      return forEachLabel((labels, name, value) => {
        const captures = capture(regex, name)
        if (captures !== null) labels.set(expandTemplate(replacement, captures), value)
      })
    case 'labeldrop':
      return forEachLabel((labels, name) => regex.test(name) && labels.delete(name))
    case 'labelkeep':
      return forEachLabel((labels, name) => !regex.test(name) && labels.delete(name))
  }
}

/** All rules in order. Null: to be left out. */
export function relabel(labels: Labels, rules: readonly RelabelRule[]): Labels | null {
  const builder = new LabelsBuilder(labels)
  return applyRules(builder, rules) ? builder.finish() : null
}

/** All rules in order, in place; stops at the first that says no. */
export function applyRules(labels: LabelsBuilder, rules: readonly RelabelRule[]): boolean {
  return rules.every((rule) => rule(labels))
}

function changing(change: (labels: LabelsBuilder) => void): RelabelRule {
  return (labels) => {
    change(labels)
    return true
  }
}

function forEachLabel(visit: (labels: LabelsBuilder, name: string, value: string) => unknown): RelabelRule {
  return changing((labels) => {
    for (const [name, value] of labels.entries()) visit(labels, name, value)
  })
}

function replaceRule(
  { targetLabel, replacement }: RelabelConfig,
  regex: RE2JS,
  sourceOf: (labels: LabelsBuilder) => string,
): RelabelRule {
  const isPlain = !hasReference(targetLabel) && !hasReference(replacement)
  return changing((labels) => {
    const source = sourceOf(labels)
    if (isPlain) {
      if (regex.test(source)) labels.set(targetLabel, replacement)
      return
    }
    const captures = capture(regex, source)
    if (captures === null) return
    const target = expandTemplate(targetLabel, captures)
    if (target !== '') labels.set(target, expandTemplate(replacement, captures))
  })
}

interface Match {
  group(key: number | string): string
}

/** Null where the text does not match. */
function capture(regex: RE2JS, text: string): Match | null {
  const matcher = regex.matcher(text)
  if (!matcher.find()) return null
  const names = regex.namedGroups() as Readonly<Record<string, number>>
  return {
    group(key) {
      const number = typeof key === 'number' ? key : (names[key] ?? -1)
      return number < 0 || number > matcher.groupCount() ? '' : (matcher.group(number) ?? '')
    },
  }
}

/** Longest regex, characters: RE2 keeps matching linear, not compiling. */
const maxRegexLength = 65_536

function compileRegex(regex: string): RE2JS {
  if (regex.length > maxRegexLength) throw new Error(`regex has ${regex.length} characters, at most ${maxRegexLength}`)
  try {
    return RE2JS.compile(`^(?s:${regex})$`)
  } catch (error) {
    throw new Error(`regex ${JSON.stringify(regex)} is not valid (RE2): ${(error as Error).message}`)
  }
}

/** The last 8 bytes of the MD5 sum as a big-endian number, modulo `modulus`. */
function hashModulus(text: string, modulus: number): string {
  const hash = createHash('md5').update(text).digest()
  return String(hash.readBigUInt64BE(8) % BigInt(modulus))
}

/** Code point by code point, as Go does it; where JavaScript would make two of one, it stays. */
function mapCase(text: string, map: (character: string) => string): string {
  let result = ''
  for (const character of text) {
    const mapped = map(character)
    result += mapped.length === character.length ? mapped : character
  }
  return result
}

const needTarget: readonly RelabelAction[] = ['replace', 'keepequal', 'dropequal', 'hashmod', 'lowercase', 'uppercase']
const refuseReplacement: readonly RelabelAction[] = ['keepequal', 'dropequal', 'lowercase', 'uppercase']

/** What does not fit together, in words; null: all is well. */
function faultOf(config: RelabelConfig): string | null {
  const { action, targetLabel, replacement } = config
  if (action === 'hashmod' && config.modulus === 0) return 'action hashmod needs a modulus above 0'
  if (needTarget.includes(action) && targetLabel === '') return `action ${action} needs a target_label`
  if (refuseReplacement.includes(action) && replacement !== relabelDefaults.replacement)
    return `action ${action} takes no replacement`
  if (action === 'labelmap' && replacement === '') return 'action labelmap needs a replacement'
  const isBare =
    config.regex === relabelDefaults.regex && config.modulus === 0 && config.separator === relabelDefaults.separator
  if ((action === 'keepequal' || action === 'dropequal') && !isBare)
    return `action ${action} takes only source_labels and target_label`
  const isRegexOnly =
    config.sourceLabels.length === 0 &&
    targetLabel === '' &&
    config.modulus === 0 &&
    config.separator === relabelDefaults.separator &&
    replacement === relabelDefaults.replacement
  if ((action === 'labeldrop' || action === 'labelkeep') && !isRegexOnly) return `action ${action} takes only regex`
  return null
}
