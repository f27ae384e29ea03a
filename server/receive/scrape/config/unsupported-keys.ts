/** Sections of a prometheus.yml that have nothing to do with scraping. */
const otherSections: Readonly<Record<string, string>> = {
  alerting: 'not part of scraping; ignored here',
  rule_files: 'not part of scraping; ignored here',
  remote_write: 'not part of scraping; ignored here',
  remote_read: 'not part of scraping; ignored here',
  storage: 'not part of scraping; ignored here',
  tracing: 'not part of scraping; ignored here',
  otlp: 'not part of scraping; ignored here',
  runtime: 'not part of scraping; ignored here',
}

const utf8 = 'has no effect: names may be UTF-8'

const sampleKeys: Readonly<Record<string, string>> = {
  metric_name_validation_scheme: utf8,
  metric_name_escaping_scheme: utf8,
  convert_classic_histograms_to_nhcb: 'not supported: classic histograms are kept as they are',
  extra_scrape_metrics: 'not supported: only the five usual series are written per scrape',
  keep_dropped_targets: 'has no effect: dropped targets are kept, up to a bound of our own',
}

const globalKeys: Readonly<Record<string, string>> = {
  external_labels: 'not part of scraping; ignored here',
  evaluation_interval: 'not part of scraping; ignored here',
  rule_query_offset: 'not part of scraping; ignored here',
  query_log_file: 'not part of scraping; ignored here',
  scrape_failure_log_file: 'not supported: failures are shown with the target',
  ...sampleKeys,
}

/** Mechanisms of Prometheus that are not built yet. */
const discoveries = [
  'azure',
  'digitalocean',
  'dockerswarm',
  'eureka',
  'gce',
  'hetzner',
  'ionos',
  'kuma',
  'lightsail',
  'linode',
  'marathon',
  'nerve',
  'nomad',
  'openstack',
  'ovhcloud',
  'puppetdb',
  'scaleway',
  'serverset',
  'stackit',
  'triton',
  'uyuni',
  'vultr',
].map((name) => [`${name}_sd_configs`, 'not supported yet: its targets are not found'] as const)

const scrapeKeys: Readonly<Record<string, string>> = {
  ...sampleKeys,
  scrape_failure_log_file: 'not supported: failures are shown with the target',
  ...Object.fromEntries(discoveries),
}

type Note = (path: string, message: string) => void

/**
 * The document without the keys that Prometheus knows and that are not followed here; each is noted with its path.
 * What is not shaped as expected is left for the schema to complain about.
 */
export function takeOutUnsupported(document: unknown, notices: { path: string; message: string }[]): unknown {
  const note: Note = (path, message) => notices.push({ path, message })
  const kept = takeOut(document, otherSections, { prefix: '', note })
  if (!isMapping(kept)) return kept
  const { global, scrape_configs: configs, ...rest } = kept
  return {
    ...rest,
    ...(global === undefined ? {} : { global: takeOut(global, globalKeys, { prefix: 'global.', note }) }),
    ...(configs === undefined ? {} : { scrape_configs: configsOf(configs, note) }),
  }
}

function configsOf(configs: unknown, note: Note): unknown {
  if (!Array.isArray(configs)) return configs
  return configs.map((config: unknown, i) => takeOut(config, scrapeKeys, { prefix: `scrape_configs[${i}].`, note }))
}

function takeOut(
  raw: unknown,
  unsupported: Readonly<Record<string, string>>,
  { prefix, note }: { prefix: string; note: Note },
): unknown {
  if (!isMapping(raw)) return raw
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(raw))
    if (Object.hasOwn(unsupported, key)) note(`${prefix}${key}`, unsupported[key])
    else kept[key] = value
  return kept
}

function isMapping(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw)
}
