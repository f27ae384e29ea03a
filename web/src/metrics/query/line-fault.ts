import type { PromqlLanguage } from '../../../../contract/index.ts'
import type { EditorFault } from '../editor/editor-props.ts'
import { type Expanded, type Expression, expand, FormulaFault, readFault, sourceOffset } from '../expressions.ts'
import { nearestName } from '../nearest-name.ts'
import { tokensOf } from '../tokens.ts'

/** What is wrong with a line, where, and what would mend it. */
export interface LineFault extends EditorFault {
  readonly mend?: { readonly words: string; readonly text: string }
}

/** A line as it is sent, or why it cannot be sent. */
export type Written = { readonly expanded: Expanded } | { readonly fault: LineFault }

export function writeLine(
  line: Expression,
  all: readonly Expression[],
  variables: Readonly<Record<string, string>>,
): Written {
  try {
    return { expanded: expand(line, all, variables) }
  } catch (error) {
    if (!(error instanceof FormulaFault)) throw error
    return { fault: { words: error.message, start: error.start, end: error.end } }
  }
}

/** The server's message at its place in what was typed. */
export function lineFault(
  message: string,
  { source, expanded, language }: { source: string; expanded: Expanded; language: PromqlLanguage | undefined },
): LineFault {
  const placed = readFault(message, expanded.text)
  if (placed === null) return { words: sentence(message), start: 0, end: 0 }
  const start = Math.min(sourceOffset(expanded, placed.offset), source.length)
  const token = tokensOf(source).find((one) => start >= one.start && start < one.end)
  const fault = { words: `${sentence(placed.detail, placeOf(source, start))}`, start, end: token?.end ?? start }
  const unknown = /unknown function with name "([^"]+)"/.exec(placed.detail)?.[1]
  const names = [...(language?.functions ?? []), ...(language?.aggregations ?? [])].map(({ name }) => name)
  const nearest = unknown === undefined ? null : nearestName(unknown, names)
  if (unknown === undefined || nearest === null || !source.startsWith(unknown, start)) return fault
  const text = source.slice(0, start) + nearest + source.slice(start + unknown.length)
  return { ...fault, mend: { words: `Use ${nearest}`, text } }
}

/** `Unknown function with name "rat" at 5.` */
function sentence(text: string, place = ''): string {
  const bare = text.trim().replace(/\.$/, '')
  return `${bare.charAt(0).toUpperCase()}${bare.slice(1)}${place}.`
}

function placeOf(source: string, offset: number): string {
  const before = source.slice(0, offset)
  const line = before.split('\n').length
  const column = offset - before.lastIndexOf('\n')
  return source.includes('\n') ? ` at line ${line}, ${column}` : ` at ${column}`
}
