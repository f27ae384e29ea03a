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
  const plan = planOf(keys, path)
  const parts: string[] = []
  return {
    apply(record, line) {
      parts.length = 0
      const fault = takeApart(line, { start, keys }, parts)
      return fault ?? giveParts(record, { plan, parts, separator })
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

/** Where parts go: fields made of parts in their order, and pairs of a name and a value. */
interface Plan {
  readonly fields: readonly { readonly target: Target; readonly parts: readonly number[] }[]
  readonly pairs: readonly { readonly name: number; readonly value: number }[]
}

function planOf(keys: readonly Key[], path: string): Plan {
  const placed = keys.map((key, place) => ({ ...key, place }))
  const kept = placed.filter(({ role }) => role === 'plain' || role === 'append')
  const fields = [...Map.groupBy(kept, ({ name }) => name)].map(([name, parts]) => ({
    target: targetOf(name, 'string', path),
    parts: parts.toSorted((a, b) => a.order - b.order).map(({ place }) => place),
  }))
  const other = (one: Key, role: Role) => placed.find((key) => key.role === role && key.name === one.name)?.place
  for (const key of placed)
    if (
      (key.role === 'name' || key.role === 'value') &&
      other(key, key.role === 'name' ? 'value' : 'name') === undefined
    )
      throw new StageFault(
        path,
        `${key.name} has only one half of its pair; expected %{*${key.name}} and %{&${key.name}}`,
      )
  const names = placed.filter(({ role }) => role === 'name')
  return { fields, pairs: names.map((key) => ({ name: key.place, value: other(key, 'value') ?? key.place })) }
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
  found: { plan: Plan; parts: readonly string[]; separator: string },
): string | null {
  const { plan, parts, separator } = found
  let fault: string | null = null
  for (const { target, parts: places } of plan.fields) {
    const text = places.length === 1 ? parts[places[0]] : places.map((place) => parts[place]).join(separator)
    if (text !== '') fault ??= give(record, target, text)
  }
  for (const { name, value } of plan.pairs) {
    if (parts[name] === '') continue
    if (parts[name].length > pipelineBounds.fieldNameLength) fault ??= `a name has ${parts[name].length} characters`
    else fault ??= record.set({ kind: 'attribute', key: parts[name] }, parts[value])
  }
  return fault
}
