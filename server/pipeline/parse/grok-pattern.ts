import type { RE2JS } from 're2js'
import { nearest } from '../../runtime/config/nearest.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { compilePattern } from '../record/pattern.ts'
import { StageFault } from '../record/stage-fault.ts'
import { type ValueKind, valueKinds } from '../record/typed-value.ts'
import { grokPatterns } from './grok-patterns.ts'
import { type Target, targetOf } from './parsed-fields.ts'

/** A grok pattern, ready for lines. */
export interface GrokPattern {
  readonly expression: RE2JS
  readonly captures: readonly { readonly group: number; readonly target: Target }[]
}

/** `%{NAME}`, `%{NAME:field}`, `%{NAME:field:kind}`. */
const reference = /%\{([A-Za-z0-9_]+)(?::([^:{}]+))?(?::([^:{}]*))?\}/g

/** Patterns within patterns. */
const maxDepth = 16

/** What a name in a pattern captures: the capture's own name and where it goes. */
interface Capture {
  readonly name: string
  readonly target: Target
}

class Expansion {
  readonly captures: Capture[] = []
  readonly #definitions: Readonly<Record<string, string>>
  readonly #path: string

  constructor(definitions: Readonly<Record<string, string>>, path: string) {
    this.#definitions = definitions
    this.#path = path
  }

  expand(text: string, within: readonly string[]): string {
    if (within.length > maxDepth)
      throw new StageFault(this.#path, `patterns name one another more than ${maxDepth} levels deep`)
    let size = 0
    const expanded = text.replaceAll(reference, (_whole, name: string, field?: string, kind?: string) => {
      const inner = this.expand(this.#definition(name, within), [...within, name])
      size += inner.length
      if (size > pipelineBounds.expandedPatternLength) throw this.#tooLong()
      return field === undefined ? `(?:${inner})` : `(?P<${this.#capture(field, kind)}>${inner})`
    })
    if (expanded.length > pipelineBounds.expandedPatternLength) throw this.#tooLong()
    const left = expanded.indexOf('%{')
    if (left !== -1)
      throw new StageFault(
        this.#path,
        `${JSON.stringify(expanded.slice(left, left + 40))} is not a name; expected %{NAME}, %{NAME:field} or %{NAME:field:int}`,
      )
    return expanded
  }

  #definition(name: string, within: readonly string[]): string {
    if (within.includes(name)) throw new StageFault(this.#path, `${name} is defined by itself`)
    if (Object.hasOwn(this.#definitions, name)) return this.#definitions[name]
    if (Object.hasOwn(grokPatterns, name)) return grokPatterns[name]
    const meant = nearest(name, [...Object.keys(this.#definitions), ...Object.keys(grokPatterns)])
    const hint = meant === undefined ? 'no pattern has a similar name' : `did you mean ${meant}?`
    throw new StageFault(this.#path, `there is no pattern ${name}; ${hint}`)
  }

  #capture(field: string, kind: string | undefined): string {
    const known = valueKinds.find((one) => one === (kind ?? 'string'))
    if (known === undefined)
      throw new StageFault(
        this.#path,
        `${JSON.stringify(kind)} is no kind of value; expected one of ${valueKinds.join(', ')}`,
      )
    const name = `grok${this.captures.length}`
    this.captures.push({ name, target: targetOf(field, known satisfies ValueKind, this.#path) })
    return name
  }

  #tooLong(): StageFault {
    const { expandedPatternLength } = pipelineBounds
    return new StageFault(this.#path, `with all that it names it has more than ${expandedPatternLength} characters`)
  }
}

/**
 * Compiles a grok pattern; captures of its own, `(?<name>…)`, are fields too. Of a field named twice the last capture
 * that holds text counts. Throws: StageFault.
 */
export function compileGrok(text: string, definitions: Readonly<Record<string, string>>, path: string): GrokPattern {
  const expansion = new Expansion(definitions, path)
  const { expression, captures } = compilePattern(
    expansion.expand(text, []),
    path,
    pipelineBounds.expandedPatternLength,
  )
  const targets = new Map(expansion.captures.map(({ name, target }) => [name, target]))
  return {
    expression,
    captures: captures.map(({ name, group }) => ({
      group,
      target: targets.get(name) ?? targetOf(name, 'string', path),
    })),
  }
}
