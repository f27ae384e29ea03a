import type { NativeHistogram } from '../../../model/metric.ts'
import type { Discovery, DiscoveryContext } from '../discovery/mechanism.ts'
import type { RelabelRule } from '../relabel/relabel.ts'
import type { HttpClientConfig } from './http-config.ts'
import type { ScrapeProtocol } from './scrape-protocols.ts'

/** One entry of `scrape_configs` with the defaults of `global` filled in. Times in ms; limits of 0 are none. */
export interface ScrapeConfig {
  readonly jobName: string
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly metricsPath: string
  readonly scheme: 'http' | 'https'
  readonly params: Readonly<Record<string, readonly string[]>>
  /** Labels of the exposition win over those of the target. */
  readonly honorLabels: boolean
  /** Times of the exposition are kept. */
  readonly honorTimestamps: boolean
  /** Series with times of their own get staleness markers too. */
  readonly trackTimestampsStaleness: boolean
  /** Classic buckets are kept where a target exposes native ones too. */
  readonly alwaysClassicHistograms: boolean
  readonly http: HttpClientConfig
  readonly enableCompression: boolean
  /** In the order in which they are asked for. */
  readonly scrapeProtocols: readonly ScrapeProtocol[]
  /** What an answer without a usable Content-Type is taken for; null: the scrape fails. */
  readonly fallbackScrapeProtocol: ScrapeProtocol | null
  readonly bodySizeLimit: number
  readonly sampleLimit: number
  readonly targetLimit: number
  readonly labelLimit: number
  readonly labelNameLengthLimit: number
  readonly labelValueLengthLimit: number
  /** Follows the limits on native histograms; null: there are none. */
  readonly limitHistogram: ((histogram: NativeHistogram) => NativeHistogram) | null
  readonly relabelRules: readonly RelabelRule[]
  readonly metricRelabelRules: readonly RelabelRule[]
  readonly discoveries: readonly ((context: DiscoveryContext) => Discovery)[]
  /** Equal texts mean equal configurations: a reload leaves such a pool alone. */
  readonly fingerprint: string
}
