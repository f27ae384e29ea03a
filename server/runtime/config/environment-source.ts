import type { Setting } from './setting.ts'
import { type ConfigFault, type RawValue, type SourceReading, unknownKey } from './sources.ts'

const prefix = 'SIGHTLINE_'

/** Names the file to read; not a setting itself. */
export const configFileVariable = 'SIGHTLINE_CONFIG'

/**
 * Kubernetes gives every pod such variables for a Service called `sightline` (`SIGHTLINE_PORT_4317_TCP_ADDR`, …):
 * they are nobody's mistake.
 */
const serviceLink = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/

/** `journal.maxBytes` → `SIGHTLINE_JOURNAL_MAX_BYTES`. */
export function variableOf(path: string): string {
  return (
    prefix +
    path
      .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replaceAll('.', '_')
      .toUpperCase()
  )
}

/** Reads the settings that environment variables name; free-form ones are written as JSON. */
export function readEnvironmentSource(environment: NodeJS.ProcessEnv, settings: readonly Setting[]): SourceReading {
  const byVariable = new Map(settings.map((one) => [variableOf(one.path), one.path]))
  const values: RawValue[] = []
  const faults: ConfigFault[] = []
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || name === configFileVariable || text === undefined) continue
    const path = byVariable.get(name)
    if (path !== undefined) values.push({ path, raw: fromText(text), source: 'environment', where: name })
    else if (!serviceLink.test(`_${name.slice(prefix.length)}`)) {
      const guess = name.slice(prefix.length).toLowerCase().replaceAll('_', '.')
      faults.push(unknownVariable({ where: name, path: guess, written: name }, settings))
    }
  }
  return { values, faults }
}

function unknownVariable(
  key: { where: string; path: string; written: string },
  settings: readonly Setting[],
): ConfigFault {
  // Names are compared without their dots: JOURNAL_MAX_BYTES may stand for journal.maxBytes.
  const flat = settings.map((one) => ({ ...one, path: variableOf(one.path) }))
  return { ...unknownKey({ ...key, path: key.written }, flat, (meant) => meant), path: key.path }
}

/** A list of mappings as JSON; anything else stays the text it is. */
export function fromText(text: string): unknown {
  if (!/^\s*\[\s*[{\]]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
