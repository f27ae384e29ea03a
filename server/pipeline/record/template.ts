import { pipelineBounds } from './bounds.ts'
import type { LineRecord } from './line-record.ts'
import { type RecordField, recordField } from './record-field.ts'
import { StageFault } from './stage-fault.ts'

/** Makes a text of a line; null where the template is one field alone that the line does not have. */
export type Template = (record: LineRecord) => string | null

/**
 * Compiles text with `{{field}}` in it. Fields that a line lacks are empty. Throws: StageFault where braces are not
 * closed.
 */
export function compileTemplate(text: string, path: string): Template {
  const parts: (string | RecordField)[] = []
  let at = 0
  for (let open = text.indexOf('{{'); open !== -1; open = text.indexOf('{{', at)) {
    const close = text.indexOf('}}', open)
    const name = close === -1 ? '' : text.slice(open + 2, close).trim()
    if (name === '') throw new StageFault(path, 'expected `{{field}}` with the name of a field and both braces closed')
    if (open > at) parts.push(text.slice(at, open))
    parts.push(recordField(name))
    at = close + 2
  }
  if (at < text.length) parts.push(text.slice(at))
  const [only] = parts
  if (parts.length === 0) return () => ''
  if (parts.length === 1) return typeof only === 'string' ? () => only : (record) => record.text(only)
  return (record) => {
    let made = ''
    for (const part of parts) made += typeof part === 'string' ? part : (record.text(part) ?? '')
    return made.length > pipelineBounds.madeLength ? made.slice(0, pipelineBounds.madeLength) : made
  }
}
