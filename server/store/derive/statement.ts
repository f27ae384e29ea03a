import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const texts = new Map<string, string>()

/** Text of `NAME.sql` beside this file. */
export function statement(name: string): string {
  let text = texts.get(name)
  if (text === undefined) {
    text = readFileSync(join(import.meta.dirname, `${name}.sql`), 'utf8')
    texts.set(name, text)
  }
  return text
}
