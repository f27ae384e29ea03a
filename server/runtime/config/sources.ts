import { nearest } from './nearest.ts'
import type { Setting } from './setting.ts'

/** Which of the four layers a value came from; a later one wins. */
export type SourceKind = 'default' | 'file' | 'environment' | 'flag'

/** One value as a source gives it, before it is judged. */
export interface RawValue {
  readonly path: string
  readonly raw: unknown
  readonly source: SourceKind
  /** For people: `sightline.yaml:3:5`, `SIGHTLINE_HTTP_LISTEN`, `--http.listen`. */
  readonly where: string
}

/** One thing wrong with the configuration. */
export interface ConfigFault {
  /** As in RawValue. */
  readonly where: string
  /** Dotted path of the setting, '' where the fault is not about one. */
  readonly path: string
  /** What is wrong, what was expected, what was perhaps meant. Never shows the value of a secret. */
  readonly message: string
}

/** What one source holds. */
export interface SourceReading {
  readonly values: readonly RawValue[]
  readonly faults: readonly ConfigFault[]
}

/** The fault of a key that is no setting. `spell` writes a path the way this source writes it. */
export function unknownKey(
  key: { where: string; path: string; written: string },
  settings: readonly Setting[],
  spell: (path: string) => string,
): ConfigFault {
  const paths = settings.map((one) => one.path)
  const sections = new Set(paths.flatMap(sectionsOf))
  const meant = nearest(key.path, [...paths, ...sections])
  const hint = meant === undefined ? 'no setting has a similar name' : `did you mean ${spell(meant)}?`
  return {
    where: key.where,
    path: key.path,
    message: `${key.written === key.where ? 'this' : key.written} is not a setting; ${hint}`,
  }
}

/** `a.b.c` → `a`, `a.b`. */
function sectionsOf(path: string): readonly string[] {
  const keys = path.split('.')
  return keys.slice(1).map((_, index) => keys.slice(0, index + 1).join('.'))
}
