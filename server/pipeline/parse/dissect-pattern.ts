import { pipelineBounds } from '../record/bounds.ts'
import type { LineRecord } from '../record/line-record.ts'
import { StageFault } from '../record/stage-fault.ts'
import { give, type Target, targetOf } from './parsed-fields.ts'

/** How one key takes its text. `name`, `value`: two halves of a pair whose name stands in the line. */
type Role = 'plain' | 'skip' | 'append' | 'name' | 'value'

interface Key {
  readonly role: Role
  readonly name: string
  /** Of parts that are put together: their order. */
  readonly order: number
  /** Repetitions of the text behind it are passed over (`->`). */
  readonly isPadded: boolean
  /** Text that ends it; '' for the last key: it takes the rest. */
  readonly end: string
}

/** A dissect pattern, ready for lines. */
export interface DissectPattern {
  /** Takes the line apart and gives the record what it found; why that cannot be, or null. */
  apply(record: LineRecord, text: string): string | null
}

const keyPart = /%\{([^{}]*)\}/g

/**
 * Compiles a dissect pattern: text that stands in the line, and between it `%{key}`, `%{}` or `%{?key}` (passed over),
 * `%{+key}` and `%{+key/2}` (put together), `%{*key}` with `%{&key}` (name and value of a pair), `%{key->}` (blanks
 * behind it may repeat). Cost: one search per key, linear in the line. Throws: StageFault.
 */
export function compileDissect(text: string, separator: string, path: string): DissectPattern {
  const { start, keys } = readKeys(text, path)
  const names = new Map(keys.filter(isKept).map(({ name }) => [name, targetOf(name, 'string', path)]))
  checkPairs(keys, path)
  const parts: string[] = []
  return {
    apply(record, line) {
      parts.length = 0
      const fault = takeApart(line, { start, keys }, parts)
      return fault ?? giveParts(record, { keys, parts, names, separator })
    },
  }
}

function readKeys(text: string, path: string): { start: string; keys: readonly Key[] } {
  const found = [...text.matchAll(keyPart)]
  if (found.length === 0) throw new StageFault(path, 'names nothing; expected at least one %{key}')
  if (found.length > pipelineBounds.captures)
    throw new StageFault(path, `has ${found.length} keys; expected at most ${pipelineBounds.captures}`)
  const keys = found.map((match, i) => {
    const end = text.slice(match.index + match[0].length, found[i + 1]?.index ?? text.length)
    if (end === '' && i + 1 < found.length)
      throw new StageFault(
        path,
        `nothing stands between ${match[0]} and ${found[i + 1][0]}; expected text that parts them`,
      )
    return readKey(match[1], end, path)
  })
  return { start: text.slice(0, found[0].index), keys }
}

function readKey(written: string, end: string, path: string): Key {
  const isPadded = written.endsWith('->')
  const inner = isPadded ? written.slice(0, -2) : written
  const match = /^([?+*&]?)(.*?)(?:\/(\d{1,3}))?$/s.exec(inner)
  const [, sign, name, order] = match as unknown as [string, string, string, string | undefined]
  const base = { name, order: order === undefined ? 0 : Number(order), isPadded, end }
  if (name === '' && sign !== '' && sign !== '?') throw new StageFault(path, `%{${written}} has no name`)
  if (name === '' || sign === '?') return { ...base, role: 'skip' }
  const roles: Readonly<Record<string, Role>> = { '+': 'append', '*': 'name', '&': 'value' }
  return { ...base, role: roles[sign] ?? 'plain' }
}

function isKept({ role }: Key): boolean {
  return role === 'plain' || role === 'append'
}

function checkPairs(keys: readonly Key[], path: string): void {
  const named = (role: Role) => keys.filter((key) => key.role === role).map(({ name }) => name)
  const [names, values] = [named('name'), named('value')]
  const alone = [...names.filter((one) => !values.includes(one)), ...values.filter((one) => !names.includes(one))]
  if (alone.length > 0)
    throw new StageFault(
      path,
      `${alone[0]} has only one half of its pair; expected %{*${alone[0]}} and %{&${alone[0]}}`,
    )
}

function takeApart(line: string, pattern: { start: string; keys: readonly Key[] }, parts: string[]): string | null {
  const { start, keys } = pattern
  if (!line.startsWith(start)) return `the line does not begin with ${JSON.stringify(start)}`
  let at = start.length
  for (const { end, isPadded } of keys) {
    if (end === '') {
      parts.push(line.slice(at))
      return null
    }
    const to = line.indexOf(end, at)
    if (to === -1) return `${JSON.stringify(end)} is not found`
    parts.push(line.slice(at, to))
    at = to + end.length
    if (isPadded) while (line.startsWith(end, at)) at += end.length
  }
  return null
}

function giveParts(
  record: LineRecord,
  found: {
    keys: readonly Key[]
    parts: readonly string[]
    names: ReadonlyMap<string, Target>
    separator: string
  },
): string | null {
  const { keys, parts, names, separator } = found
  let fault: string | null = null
  for (const [name, target] of names) {
    const texts = keys
      .map((key, i) => ({ key, part: parts[i] }))
      .filter(({ key }) => key.name === name && isKept(key))
      .sort((a, b) => a.key.order - b.key.order)
      .map(({ part }) => part)
    const text = texts.length === 1 ? texts[0] : texts.join(separator)
    if (text !== '') fault ??= give(record, target, text)
  }
  for (const [i, key] of keys.entries()) {
    if (key.role !== 'name' || parts[i] === '') continue
    const value = parts[keys.findIndex(({ role, name }) => role === 'value' && name === key.name)]
    if (parts[i].length > pipelineBounds.fieldNameLength) fault ??= `a name has ${parts[i].length} characters`
    else fault ??= record.set({ kind: 'attribute', key: parts[i] }, value)
  }
  return fault
}
