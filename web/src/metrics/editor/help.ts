import type { PromqlLanguage } from '../../../../contract/index.ts'
import { familyOf, sources } from './sources.ts'

type LanguageFunction = PromqlLanguage['functions'][number]

const typeWords: Readonly<Record<LanguageFunction['returns'], string>> = {
  scalar: 'scalar',
  string: 'string',
  vector: 'instant vector',
  matrix: 'range vector',
}

/** `round(instant vector, scalar?) → instant vector`. */
export function signatureOf({ args, optional, repeats_last, returns }: LanguageFunction): string {
  const words = args.map((type, at) => `${typeWords[type]}${at >= args.length - optional ? '?' : ''}`)
  return `(${words.join(', ')}${repeats_last ? ', …' : ''}) → ${typeWords[returns]}`
}

const variables: Readonly<Record<string, string>> = {
  $__rate_interval: 'Four steps of the chart, at least four minutes: wide enough for a rate.',
  $__interval: 'One step of the chart.',
  $__range: 'The length of the chart.',
}

/** What is to be said about a word of a query, as lines of Markdown; null for a word that says nothing. */
export function helpOf(word: string): string[] | null {
  const family = familyOf(word)
  if (family !== undefined)
    return [
      `**${word}**`,
      `${family.type}${family.unit === '' ? '' : `, ${family.unit}`}, ${family.series} series`,
      ...(family.help === '' ? [] : [escaped(family.help)]),
    ]
  if (variables[word] !== undefined) return [`**${word}**`, variables[word]]
  const { language } = sources()
  const lower = word.toLowerCase()
  const found = language?.functions.find(({ name }) => name === word)
  if (found !== undefined)
    return [`**${found.name}**${signatureOf(found)}`, found.summary, ...(found.experimental ? ['Experimental.'] : [])]
  const aggregation = language?.aggregations.find(({ name }) => name === lower)
  if (aggregation !== undefined) return [`**${lower}**, aggregation`, aggregation.summary]
  const keyword = language?.keywords.find(({ name }) => name === lower)
  return keyword === undefined ? null : [`**${lower}**, keyword`, keyword.summary]
}

/** Text of others must not be read as Markdown. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+\-.!<>|~]/g, '\\$&')
}
