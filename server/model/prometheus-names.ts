/**
 * How OTLP names become Prometheus names; the names are Prometheus 3's `otlp.translation_strategy`.
 * - UnderscoreEscapingWithSuffixes (default): `http.server.duration` in `s` → `http_server_duration_seconds`.
 * - UnderscoreEscapingWithoutSuffixes: `http_server_duration`.
 * - NoUTF8EscapingWithSuffixes: `http.server.duration_seconds`; labels keep their names.
 * - NoTranslation: names as they are.
 */
export type TranslationStrategy =
  | 'UnderscoreEscapingWithSuffixes'
  | 'UnderscoreEscapingWithoutSuffixes'
  | 'NoUTF8EscapingWithSuffixes'
  | 'NoTranslation'

export const defaultTranslationStrategy: TranslationStrategy = 'UnderscoreEscapingWithSuffixes'

/** Kinds of OTLP metrics as far as names depend on them. `counter`: a monotonic sum. */
export type NamedMetricType = 'gauge' | 'counter' | 'other'

/** UCUM unit → word. */
const units: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  // Prometheus 3 spells it so; another spelling would be another metric.
  ['TiBy', 'tibibytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['1', ''],
  ['%', 'percent'],
])

/** UCUM unit behind a slash → word. */
const perUnits: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
])

/**
 * Prometheus name of an OTLP metric (of the family: histograms and summaries add `_bucket`, `_sum`, `_count`).
 * null: nothing usable is left of the name.
 * Source: Prometheus 3 OTLP endpoint (github.com/prometheus/otlptranslator, MetricNamer).
 */
export function prometheusMetricName(
  name: string,
  about: { readonly unit: string; readonly type: NamedMetricType },
  strategy: TranslationStrategy = defaultTranslationStrategy,
): string | null {
  switch (strategy) {
    case 'UnderscoreEscapingWithSuffixes':
      return usable(name, escapedWithSuffixes(name, about))
    case 'UnderscoreEscapingWithoutSuffixes':
      return usable(
        name,
        withSafeStart(
          name
            .split(/[^a-zA-Z0-9:_]/)
            .filter(isNotEmpty)
            .join('_'),
        ),
      )
    case 'NoUTF8EscapingWithSuffixes':
      return usable(name, withSuffixes(name, about))
    case 'NoTranslation':
      return name === '' ? null : name
  }
}

/**
 * Prometheus label of an OTLP attribute. null: nothing usable is left of the key.
 * Source: as above, LabelNamer with Prometheus' defaults: runs of underscores stay, a single one in front gets `key`.
 */
export function prometheusLabelName(
  key: string,
  strategy: TranslationStrategy = defaultTranslationStrategy,
): string | null {
  if (strategy === 'NoTranslation' || strategy === 'NoUTF8EscapingWithSuffixes') return key === '' ? null : key
  const name = key.replace(/[^a-zA-Z0-9_]/gu, '_')
  if (/^[0-9]/.test(name)) return `key_${name}`
  if (name.startsWith('_') && !name.startsWith('__')) return usable(key, `key${name}`)
  return usable(key, name)
}

/** Word for an OTLP unit, as it stands in the metadata: `s` → `seconds`, `By/s` → `bytes_per_second`, `1` → ''. */
export function prometheusUnit(unit: string): string {
  const { main, per } = unitWords(unit)
  const words = [cleanUnit(main), cleanUnit(per)].filter(isNotEmpty).join('_')
  return words.replace(/^_|_$/g, '')
}

function isNotEmpty(text: string): boolean {
  return text !== ''
}

/** A name changed by escaping must not consist of underscores only. */
function usable(before: string, name: string): string | null {
  if (name === '') return null
  return name === before || /[^_]/.test(name) ? name : null
}

function withSafeStart(name: string): string {
  return /^[0-9]/.test(name) ? `_${name}` : name
}

function escapedWithSuffixes(name: string, { unit, type }: { unit: string; type: NamedMetricType }): string {
  let tokens = name.split(/[^a-zA-Z0-9:]/u).filter(isNotEmpty)
  const words = unitWords(unit)
  let main = cleanUnit(words.main)
  let per = cleanUnit(words.per)
  if (tokens.includes(main)) main = ''
  per = per === 'per_' ? '' : per.replace(/_$/, '')
  if (tokens.includes(per)) per = ''
  if (per !== '') main = main.replace(/_$/, '')
  tokens.push(...[main, per].filter(isNotEmpty))
  if (type === 'counter') tokens = [...tokens.filter((token) => token !== 'total'), 'total']
  // Only gauges: many receivers give the unit 1 to counters of things.
  if (type === 'gauge' && unit === '1') tokens = [...tokens.filter((token) => token !== 'ratio'), 'ratio']
  return withSafeStart(tokens.join('_'))
}

function withSuffixes(name: string, { unit, type }: { unit: string; type: NamedMetricType }): string {
  const { main, per } = unitWords(unit)
  const last = type === 'counter' ? 'total' : type === 'gauge' && unit === '1' ? 'ratio' : ''
  let result = name
  for (const suffix of [last, per]) if (suffix !== '') result = withoutSuffix(result, suffix)
  if (main !== '' && !result.endsWith(main)) result += `_${main}`
  for (const suffix of [per, last]) if (suffix !== '') result += `_${suffix}`
  return result
}

/** Without a suffix and the character before it, unless nothing would be left. */
function withoutSuffix(name: string, suffix: string): string {
  return name.endsWith(suffix) && name.length > suffix.length + 1 ? name.slice(0, -suffix.length - 1) : name
}

/** Words for a unit and for what is behind its slash. Annotations in braces have none. */
function unitWords(unit: string): { main: string; per: string } {
  const slash = unit.indexOf('/')
  const main = (slash < 0 ? unit : unit.slice(0, slash)).trim()
  const per = slash < 0 ? '' : unit.slice(slash + 1).trim()
  const perWord = /[{}]/.test(per) ? '' : (perUnits.get(per) ?? per)
  return {
    main: /[{}]/.test(main) ? '' : (units.get(main) ?? main),
    per: perWord === '' ? '' : `per_${perWord}`,
  }
}

function cleanUnit(word: string): string {
  return word
    .replace(/[^a-zA-Z0-9:]/gu, '_')
    .replace(/_+/g, '_')
    .replace(/^_/, '')
}
