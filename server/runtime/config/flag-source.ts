import { fromText } from './environment-source.ts'
import type { Setting } from './setting.ts'
import { type ConfigFault, type RawValue, type SourceReading, unknownKey } from './sources.ts'

/** Reads `--http.listen=VALUE`, `--http.listen VALUE` and, for true-or-false settings, `--selfTelemetry.enabled`. */
export function readFlagSource(flags: readonly string[], settings: readonly Setting[]): SourceReading {
  const values: RawValue[] = []
  const faults: ConfigFault[] = []
  for (let index = 0; index < flags.length; index++) {
    const [, path, , inline] = /^--([^=]+)(=([\s\S]*))?$/.exec(flags[index]) ?? []
    const where = path === undefined ? flags[index] : `--${path}`
    const known = settings.find((one) => one.path === path)
    if (path === undefined) faults.push({ where, path: '', message: 'expected a setting such as --http.listen=VALUE' })
    else if (known === undefined) {
      faults.push(unknownKey({ where, path, written: where }, settings, (meant) => `--${meant}`))
      if (inline === undefined && isValue(flags[index + 1])) index += 1
    } else if (inline !== undefined) values.push({ path, raw: fromText(inline), source: 'flag', where })
    else if (known.expected === 'true or false' && !/^(true|false)$/.test(flags[index + 1] ?? ''))
      values.push({ path, raw: true, source: 'flag', where })
    else if (isValue(flags[index + 1])) {
      index += 1
      values.push({ path, raw: fromText(flags[index]), source: 'flag', where })
    } else faults.push({ where, path, message: `${where} has no value; expected ${known.expected}` })
  }
  return { values, faults }
}

function isValue(next: string | undefined): boolean {
  return next !== undefined && !next.startsWith('--')
}
