import { RE2JS } from 're2js'
import { type SecretKind, secretKinds } from './secret-kinds.ts'

/** Most keys whose name was judged that are remembered; beyond it all are forgotten. */
const maxJudgedKeys = 8_192

/** Shorter texts hold nothing that a kind known by name looks for. */
const shortestSecret = 5

interface Range {
  from: number
  to: number
  readonly kind: string
}

type Find = (text: string, found: (from: number, to: number) => void) => void

/** Finds secrets in texts and puts something else in their place. */
export class Redaction {
  readonly #finders: readonly { readonly kind: string; readonly find: Find }[]
  /** Found in a text where any of the patterns may be; texts in which it is not cost one pass. */
  readonly #any: RE2JS | null
  readonly #free: readonly { readonly kind: string; readonly find: Find }[]
  readonly #keys: readonly { readonly kind: string; readonly expression: RE2JS }[]
  readonly #shortest: number
  readonly #judged = new Map<string, string | null>()
  readonly #replacementOf: (kind: string) => string

  /** Patterns must have been judged already. */
  constructor(kinds: readonly SecretKind[], replacementOf: (kind: string) => string) {
    const patterned = kinds.flatMap(({ name, pattern }) => (pattern === undefined ? [] : [{ kind: name, pattern }]))
    this.#finders = patterned.map(({ kind, pattern }) => ({ kind, find: finderOf(RE2JS.compile(pattern)) }))
    this.#free = kinds.flatMap(({ name, find }) => (find === undefined ? [] : [{ kind: name, find }]))
    this.#any =
      patterned.length === 0 ? null : RE2JS.compile(patterned.map(({ pattern }) => `(?:${pattern})`).join('|'))
    this.#keys = kinds.flatMap(({ name, keyPattern }) =>
      keyPattern === undefined ? [] : [{ kind: name, expression: RE2JS.compile(keyPattern) }],
    )
    this.#shortest = kinds.every((kind) => secretKinds.includes(kind)) ? shortestSecret : 0
    this.#replacementOf = replacementOf
  }

  /** What stands in place of the whole value of an attribute of this name; null: its name says nothing. */
  ofKey(key: string): string | null {
    if (this.#keys.length === 0) return null
    let kind = this.#judged.get(key)
    if (kind === undefined) {
      if (this.#judged.size >= maxJudgedKeys) this.#judged.clear()
      kind = this.#keys.find(({ expression }) => expression.test(key))?.kind ?? null
      this.#judged.set(key, kind)
    }
    return kind === null ? null : this.#replacementOf(kind)
  }

  /** The text without secrets; null where it has none. Cost: linear in the text. */
  of(text: string): string | null {
    if (text.length < this.#shortest) return null
    const ranges: Range[] = []
    const collect = (kind: string, find: Find) => find(text, (from, to) => ranges.push({ from, to, kind }))
    for (const { kind, find } of this.#free) collect(kind, find)
    if (this.#any?.test(text)) for (const { kind, find } of this.#finders) collect(kind, find)
    if (ranges.length === 0) return null
    return this.#replaced(text, ranges)
  }

  #replaced(text: string, ranges: Range[]): string {
    ranges.sort((a, b) => a.from - b.from || b.to - a.to)
    let made = ''
    let at = 0
    let last: Range | null = null
    const close = () => {
      if (last === null) return
      made += text.slice(at, last.from) + this.#replacementOf(last.kind)
      at = last.to
    }
    for (const range of ranges) {
      if (last !== null && range.from < last.to) {
        last.to = Math.max(last.to, range.to)
        continue
      }
      close()
      last = range
    }
    close()
    return made + text.slice(at)
  }
}

function finderOf(expression: RE2JS): Find {
  const group = expression.groupCount() > 0 ? 1 : 0
  return (text, found) => {
    // Whether it is there at all is much cheaper to tell than where its captures are.
    if (!expression.test(text)) return
    const matcher = expression.matcher(text)
    while (matcher.find()) {
      const from = matcher.start(group)
      if (from !== -1 && matcher.end(group) > from) found(from, matcher.end(group))
      else if (matcher.end(0) > matcher.start(0)) found(matcher.start(0), matcher.end(0))
    }
  }
}
