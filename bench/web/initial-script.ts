import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Figure, figure } from './figures.ts'

/** JavaScript that the page names itself or through what it imports before it shows anything, as Brotli. */
export function initialScript(webFolder: string): Figure {
  const page = readFileSync(join(webFolder, 'index.html'), 'utf8')
  const first = [...page.matchAll(/(?:src|href)="\/assets\/([^"]+\.js)"/g)].map(([, name]) => name)
  const found = new Set<string>()
  const visit = (name: string) => {
    if (found.has(name)) return
    found.add(name)
    const text = readFileSync(join(webFolder, 'assets', name), 'utf8')
    // Static imports only: what is loaded later is loaded by import().
    for (const [, other] of text.matchAll(/(?:import|export)\s*(?:[^"'();]*?from\s*)?["']\.\/([^"']+\.js)["']/g))
      visit(other)
  }
  for (const name of first) visit(name)
  const bytes = [...found].reduce((sum, name) => {
    const file = join(webFolder, 'assets', name)
    const size = statSync(`${file}.br`, { throwIfNoEntry: false })?.size ?? statSync(file).size
    return sum + size
  }, 0)
  return figure('initial JavaScript, Brotli', { most: 350, unit: 'kB', values: [bytes / 1000] })
}
