import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { configFileVariable, readEnvironmentSource } from './environment-source.ts'
import { readFileSource } from './file-source.ts'
import { readFlagSource } from './flag-source.ts'
import { checkRules } from './rules.ts'
import { allSettings, type Config } from './schema.ts'
import type { Setting } from './setting.ts'
import type { ConfigFault, RawValue, SourceKind, SourceReading } from './sources.ts'

const defaultFile = 'sightline.yaml'

/** Where one setting's value came from. */
export interface Origin {
  readonly source: SourceKind
  readonly where: string
}

/** The merged configuration, and for every setting where its value came from. */
export interface LoadedConfig {
  readonly config: Config
  readonly origins: ReadonlyMap<string, Origin>
  /** The file that was read; undefined where there is none. */
  readonly file: string | undefined
}

/** What the configuration is made of besides the defaults. */
export interface ConfigSources {
  /** The file from `--config`; without it `SIGHTLINE_CONFIG`, without that `sightline.yaml` if it is there. */
  readonly file?: string | undefined
  readonly environment: NodeJS.ProcessEnv
  /** Arguments such as `--http.listen=:8080`. */
  readonly flags: readonly string[]
  /** Relative paths start here. */
  readonly folder: string
}

/** The configuration cannot be used: every fault at once, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly ConfigFault[]
  constructor(faults: readonly ConfigFault[]) {
    super(faults.map((fault) => `${fault.where}: ${fault.message}`).join('\n'))
    this.faults = faults
  }
}

/**
 * Merges defaults, file, environment and flags (later ones win) and validates the result.
 * Throws: ConfigError with all faults of all sources.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const file = readFile(sources)
  const readings: readonly SourceReading[] = [
    file.reading,
    readEnvironmentSource(sources.environment, allSettings),
    readFlagSource(sources.flags, allSettings),
  ]
  const given = new Map<string, RawValue>()
  for (const value of readings.flatMap((reading) => reading.values)) given.set(value.path, value)
  const faults = readings.flatMap((reading) => reading.faults)
  const origins = new Map<string, Origin>()
  const config = {}
  for (const setting of allSettings) {
    const value = given.get(setting.path)
    origins.set(setting.path, { source: value?.source ?? 'default', where: value?.where ?? 'default' })
    const parsed = setting.schema.safeParse(value?.raw)
    if (parsed.success) place(config, setting.path.split('.'), parsed.data)
    else faults.push(wrongValue(setting, value as RawValue))
  }
  if (faults.length > 0) throw new ConfigError(faults)
  // Every setting of the schema has been parsed and placed above.
  const whole = config as Config
  const broken = checkRules(whole, (path) => origins.get(path)?.where ?? path)
  if (broken.length > 0) throw new ConfigError(broken)
  return { config: whole, origins, file: file.path }
}

function readFile(sources: ConfigSources): { reading: SourceReading; path: string | undefined } {
  const named = sources.file ?? sources.environment[configFileVariable]
  const name = named ?? defaultFile
  const path = resolve(sources.folder, name)
  const nothing = { values: [], faults: [] }
  if (named === undefined && !existsSync(path)) return { reading: nothing, path: undefined }
  try {
    const text = readFileSync(path, 'utf8')
    return { reading: readFileSource({ name, text }, allSettings, sources.environment), path }
  } catch (error) {
    const message = `this configuration file cannot be read: ${(error as Error).message}`
    return { reading: { values: [], faults: [{ where: name, path: '', message }] }, path }
  }
}

function wrongValue(setting: Setting, value: RawValue): ConfigFault {
  const shown = setting.isSecret || typeof value.raw === 'object' ? '' : ` is ${JSON.stringify(value.raw)};`
  const message =
    shown === ''
      ? `${setting.path}: expected ${setting.expected}`
      : `${setting.path}${shown} expected ${setting.expected}`
  return { where: value.where, path: setting.path, message }
}

function place(target: Record<string, unknown>, keys: readonly string[], value: unknown): void {
  let section = target
  for (const key of keys.slice(0, -1)) {
    section[key] ??= {}
    section = section[key] as Record<string, unknown>
  }
  section[keys[keys.length - 1]] = value
}
