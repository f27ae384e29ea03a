import { parse } from 'yaml'
import { z } from 'zod'
import { nearest } from '../../../runtime/config/nearest.ts'
import { discoveryMechanisms } from '../discovery/registry.ts'
import { histogramLimiter } from '../histogram-limits.ts'
import { compileRelabel, relabelActions, relabelDefaults } from '../relabel/relabel.ts'
import { bytes, count, factor, flag, list, mapping, period, section, text } from './config-values.ts'
import { faultOfHttpClient, httpClientShape } from './http-config.ts'
import type { ScrapeConfig } from './scrape-config.ts'
import { defaultScrapeProtocols, scrapeProtocols } from './scrape-protocols.ts'
import { takeOutUnsupported } from './unsupported-keys.ts'

/** Something in a configuration that its author should know, with its path such as `scrape_configs[2].relabel_configs[0].regex`. */
export interface ConfigNotice {
  readonly path: string
  readonly message: string
}

export interface ParsedScrapeConfig {
  readonly configs: readonly ScrapeConfig[]
  /** Keys that Prometheus knows and that are not followed here, each with what that means. */
  readonly notices: readonly ConfigNotice[]
  /** `scrape_config_files`: names, with * in their last part; their entries take this document's `global`. */
  readonly files: readonly string[]
  readonly global: unknown
}

/** A configuration that cannot be followed; `faults` names every wrong key. */
export class ScrapeConfigError extends Error {
  override readonly name = 'ScrapeConfigError'
  readonly faults: readonly ConfigNotice[]
  constructor(faults: readonly ConfigNotice[]) {
    super(faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('\n'))
    this.faults = faults
  }
}

const inherited = {
  scrape_native_histograms: flag.optional(),
  always_scrape_classic_histograms: flag.optional(),
  scrape_protocols: z.array(z.enum(scrapeProtocols)).min(1).optional(),
  body_size_limit: bytes.optional(),
  sample_limit: count.optional(),
  target_limit: count.optional(),
  label_limit: count.optional(),
  label_name_length_limit: count.optional(),
  label_value_length_limit: count.optional(),
  native_histogram_bucket_limit: count.optional(),
  native_histogram_min_bucket_factor: factor.optional(),
}

const globalSchema = section({
  scrape_interval: period.default(60_000),
  scrape_timeout: period.optional(),
  ...inherited,
})

const relabelSchema = section({
  source_labels: list(text),
  separator: text.default(relabelDefaults.separator),
  regex: text.default(relabelDefaults.regex),
  target_label: text.default(''),
  replacement: text.default(relabelDefaults.replacement),
  modulus: count.default(0),
  action: z.preprocess(
    (raw) => (typeof raw === 'string' ? raw.toLowerCase() : raw),
    z.enum(relabelActions).default(relabelDefaults.action),
  ),
}).transform((raw, context) => {
  const { source_labels: sourceLabels, target_label: targetLabel, ...rest } = raw
  try {
    return compileRelabel({ ...rest, sourceLabels, targetLabel })
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
    return z.NEVER
  }
})

const discoveryShape = Object.fromEntries(discoveryMechanisms.map(({ key, schema }) => [key, list(schema)]))

const scrapeShape = {
  job_name: text.refine((name) => name !== '', 'expected a name'),
  scrape_interval: period.optional(),
  scrape_timeout: period.optional(),
  metrics_path: text.default('/metrics'),
  scheme: z.enum(['http', 'https']).default('http'),
  params: mapping(list(text)),
  honor_labels: flag.default(false),
  honor_timestamps: flag.default(true),
  track_timestamps_staleness: flag.default(false),
  enable_compression: flag.default(true),
  fallback_scrape_protocol: z.enum(scrapeProtocols).optional(),
  relabel_configs: list(relabelSchema),
  metric_relabel_configs: list(relabelSchema),
  ...inherited,
  ...httpClientShape,
}

const scrapeSchema = section({ ...scrapeShape, ...discoveryShape })

const fileSchema = section({
  global: globalSchema.prefault({}),
  scrape_config_files: list(
    text.refine((name) => /^[^*]*(\*[^/]*)?$/.test(name), 'expected a file name, with * in its last part only'),
  ),
  scrape_configs: list(scrapeSchema),
})

const knownKeys = [
  ...new Set([scrapeShape, discoveryShape, inherited, httpClientShape].flatMap((shape) => Object.keys(shape))),
  ...['source_labels', 'separator', 'regex', 'target_label', 'replacement', 'modulus', 'action'],
  ...['targets', 'labels', 'files', 'refresh_interval', 'url', 'names', 'type', 'port', 'global', 'scrape_configs'],
  'scrape_config_files',
]

/** Throws: ScrapeConfigError. Cost: some µs per key; regexes are compiled. */
export function parseScrapeConfigText(yaml: string): ParsedScrapeConfig {
  return parseScrapeConfig(parseYaml(yaml))
}

const partSchema = section({ scrape_configs: list(z.unknown()) })

/** A file that `scrape_config_files` names: `scrape_configs` alone, under the `global` of the file that names it. */
export function parseScrapeConfigPart(yaml: string, global: unknown): ParsedScrapeConfig {
  const part = partSchema.safeParse(parseYaml(yaml))
  if (!part.success) throw new ScrapeConfigError(part.error.issues.flatMap(faultsOf))
  return parseScrapeConfig({ ...(global === undefined ? {} : { global }), ...part.data })
}

function parseYaml(yaml: string): unknown {
  try {
    return parse(yaml, { schema: 'failsafe', merge: true })
  } catch (error) {
    throw new ScrapeConfigError([{ path: '', message: `not valid YAML: ${(error as Error).message}` }])
  }
}

/** The same for a document that was parsed before. Throws: ScrapeConfigError. */
export function parseScrapeConfig(document: unknown): ParsedScrapeConfig {
  const notices: ConfigNotice[] = []
  const read = fileSchema.safeParse(takeOutUnsupported(document, notices))
  if (!read.success) throw new ScrapeConfigError(read.error.issues.flatMap(faultsOf))
  const faults: ConfigNotice[] = []
  const { global } = read.data
  const { scrape_configs: originals = [], global: givenGlobal } = (document ?? {}) as DocumentWire
  const configs = read.data.scrape_configs.map((raw, i) => {
    const fingerprint = JSON.stringify([originals?.[i], global])
    return complete(raw as RawScrapeConfig, global, {
      fingerprint,
      fault: (message) => faults.push({ path: `scrape_configs[${i}]`, message }),
    })
  })
  configs.forEach(({ jobName }, i) => {
    if (configs.findIndex((other) => other.jobName === jobName) < i)
      faults.push({
        path: `scrape_configs[${i}].job_name`,
        message: `there is a job ${JSON.stringify(jobName)} already`,
      })
  })
  if (faults.length > 0) throw new ScrapeConfigError(faults)
  return { configs, notices, files: read.data.scrape_config_files, global: givenGlobal }
}

interface DocumentWire {
  readonly scrape_configs?: readonly unknown[] | null
  readonly global?: unknown
}

type Global = z.output<typeof globalSchema>
type RawScrapeConfig = z.output<ReturnType<typeof section<typeof scrapeShape>>>

interface Completion {
  readonly fingerprint: string
  fault(message: string): void
}

function complete(raw: RawScrapeConfig, global: Global, { fingerprint, fault }: Completion): ScrapeConfig {
  const intervalMs = raw.scrape_interval ?? global.scrape_interval
  const timeoutMs = raw.scrape_timeout ?? Math.min(global.scrape_timeout ?? defaultTimeoutMs, intervalMs)
  if (timeoutMs > intervalMs) fault('scrape_timeout is longer than scrape_interval')
  const httpFault = faultOfHttpClient(raw)
  if (httpFault !== null) fault(httpFault)
  const limit = (key: keyof typeof inherited & `${string}_limit`): number => raw[key] ?? global[key] ?? 0
  return {
    jobName: raw.job_name,
    intervalMs,
    timeoutMs,
    metricsPath: raw.metrics_path,
    scheme: raw.scheme,
    params: raw.params,
    honorLabels: raw.honor_labels,
    honorTimestamps: raw.honor_timestamps,
    trackTimestampsStaleness: raw.track_timestamps_staleness,
    http: raw,
    enableCompression: raw.enable_compression,
    scrapeProtocols:
      raw.scrape_protocols ??
      global.scrape_protocols ??
      defaultScrapeProtocols({ native: raw.scrape_native_histograms ?? global.scrape_native_histograms ?? false }),
    alwaysClassicHistograms: raw.always_scrape_classic_histograms ?? global.always_scrape_classic_histograms ?? false,
    fallbackScrapeProtocol: raw.fallback_scrape_protocol ?? null,
    bodySizeLimit: limit('body_size_limit'),
    sampleLimit: limit('sample_limit'),
    targetLimit: limit('target_limit'),
    labelLimit: limit('label_limit'),
    labelNameLengthLimit: limit('label_name_length_limit'),
    labelValueLengthLimit: limit('label_value_length_limit'),
    limitHistogram: histogramLimiter({
      bucketLimit: limit('native_histogram_bucket_limit'),
      minBucketFactor: raw.native_histogram_min_bucket_factor ?? global.native_histogram_min_bucket_factor ?? 0,
    }),
    relabelRules: raw.relabel_configs,
    metricRelabelRules: raw.metric_relabel_configs,
    discoveries: discoveriesOf(raw),
    fingerprint,
  }
}

const defaultTimeoutMs = 10_000

function discoveriesOf(raw: object): ScrapeConfig['discoveries'] {
  return discoveryMechanisms.flatMap((mechanism) => {
    const entries = (raw as Record<string, unknown[]>)[mechanism.key]
    return entries.map((entry) => (context) => mechanism.create(entry, context))
  })
}

/** One fault per wrong key. */
function faultsOf(issue: z.core.$ZodIssue): ConfigNotice[] {
  const path = pathInWords(issue.path)
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
  return issue.keys.map((key) => {
    const near = nearest(key, knownKeys)
    const hint = near === undefined ? '' : `; did you mean ${near}?`
    return { path: path === '' ? key : `${path}.${key}`, message: `unknown key${hint}` }
  })
}

function pathInWords(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')
}
