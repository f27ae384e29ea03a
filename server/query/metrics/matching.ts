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

/** `a|b|c` without anything that means more than itself, as a set; else null. */
function literalAlternatives(pattern: string): ReadonlySet<string> | null {
  return /[\\.+*?()[\]{}^$]/.test(pattern) ? null : new Set(pattern.split('|'))
}
