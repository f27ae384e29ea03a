import { RE2JS } from 're2js'
import type { Matcher } from '../promql/ast.ts'

/** Values of one label that were tried, at most so many; then the memory of them begins anew. */
const maxRemembered = 100_000

/** Whether a value of a label (missing: '') satisfies a matcher; each different value is tried once. */
export function valueTest({ operator, value }: Matcher): (text: string) => boolean {
  switch (operator) {
    case '=':
      return (text) => text === value
    case '!=':
      return (text) => text !== value
    case '=~':
      return regexTest(value)
    case '!~': {
      const test = regexTest(value)
      return (text) => !test(text)
    }
  }
}

function regexTest(pattern: string): (text: string) => boolean {
  const literals = literalAlternatives(pattern)
  if (literals !== null) return (text) => literals.has(text)
  if (pattern === '.*') return () => true
  if (pattern === '.+') return (text) => text !== ''
  const regex = RE2JS.compile(`^(?s:${pattern})$`)
  let known = new Map<string, boolean>()
  return (text) => {
    let result = known.get(text)
    if (result === undefined) {
      result = regex.matches(text)
      if (known.size >= maxRemembered) known = new Map()
      known.set(text, result)
    }
    return result
  }
}

/** `a|b\.c` without anything that means more than itself, as a set; else null. Dashboards escape chosen values so. */
function literalAlternatives(pattern: string): ReadonlySet<string> | null {
  const found = new Set<string>()
  let literal = ''
  for (let i = 0; i < pattern.length; i += 1) {
    let character = pattern[i]
    if (character === '|') {
      found.add(literal)
      literal = ''
      continue
    }
    if (character === '\\') {
      i += 1
      character = pattern[i] ?? ''
      // Before a letter or digit the backslash makes a class or a reference.
      if (!/[^A-Za-z0-9]/.test(character)) return null
    } else if (/[.+*?()[\]{}^$]/.test(character)) return null
    literal += character
  }
  return found.add(literal)
}
