import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import { expandVariables } from './expand.ts'
import type { Setting } from './setting.ts'
import { type ConfigFault, type RawValue, type SourceReading, unknownKey } from './sources.ts'

/**
 * Reads `sightline.yaml`: sections as mappings, settings as their entries (`http: { listen: … }`); dotted keys
 * (`http.listen: …`) are the same. `${NAME}` and `${NAME:-fallback}` in values stand for environment variables.
 * An entry with no value counts as not written. All faults are collected, each with line and column.
 */
export function readFileSource(
  file: { name: string; text: string },
  settings: readonly Setting[],
  environment: NodeJS.ProcessEnv,
): SourceReading {
  const lines = new LineCounter()
  const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false })
  const where = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${file.name}:${line}:${col}`
  }
  const faults: ConfigFault[] = document.errors.map((error) => ({
    where: where(error.pos[0]),
    path: '',
    message: `this is not YAML: ${error.message}`,
  }))
  if (faults.length > 0) return { values: [], faults }
  const walk = new Walk({ document, settings, environment, where })
  if (isMap(document.contents)) walk.section(document.contents, '')
  else if (document.contents !== null && !isEmpty(document.contents))
    faults.push({ where: where(startOf(document.contents)), path: '', message: 'expected sections such as `http:`' })
  return { values: walk.values, faults: [...faults, ...walk.faults] }
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0
}

/** What the walk through one document needs. */
interface WalkOptions {
  readonly document: Document
  readonly settings: readonly Setting[]
  readonly environment: NodeJS.ProcessEnv
  /** File, line and column of a character offset. */
  readonly where: (offset: number) => string
}

class Walk {
  readonly values: RawValue[] = []
  readonly faults: ConfigFault[] = []
  readonly #options: WalkOptions

  constructor(options: WalkOptions) {
    this.#options = options
  }

  section(map: YAMLMap, prefix: string): void {
    for (const pair of map.items) {
      const keyNode = pair.key as Node
      const key = isScalar(keyNode) ? String(keyNode.value) : String(keyNode)
      const path = prefix === '' ? key : `${prefix}.${key}`
      const value = pair.value as Node | null
      if (this.#options.settings.some((one) => one.path === path)) this.#setting(path, value)
      else if (this.#options.settings.some((one) => one.path.startsWith(`${path}.`))) this.#subsection(path, value)
      else {
        const at = { where: this.#options.where(startOf(keyNode)), path, written: path }
        this.faults.push(unknownKey(at, this.#options.settings, (meant) => meant))
      }
    }
  }

  #subsection(path: string, value: Node | null): void {
    if (value === null || isEmpty(value)) return
    if (isMap(value)) {
      this.section(value, path)
      return
    }
    const keys = this.#options.settings
      .filter((one) => one.path.startsWith(`${path}.`))
      .map((one) => one.path.slice(path.length + 1).split('.')[0])
    const message = `${path} is a section; expected the settings ${[...new Set(keys)].join(', ')} below it`
    this.faults.push({ where: this.#options.where(startOf(value)), path, message })
  }

  #setting(path: string, value: Node | null): void {
    if (value === null || isEmpty(value)) return
    const where = this.#options.where(startOf(value))
    const missing = new Set<string>()
    const raw = expandVariables(value.toJS(this.#options.document), this.#options.environment, missing)
    for (const name of missing)
      this.faults.push({ where, path, message: `${path} uses the environment variable ${name}, which is not set` })
    if (missing.size === 0) this.values.push({ path, raw, source: 'file', where })
  }
}
