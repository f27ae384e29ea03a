import type { Labels } from '../series-table.ts'

/** State of one discovered scrape target, as the API shows it. */
export interface ScrapeTargetState {
  /** `job_name` of the scrape configuration it belongs to. */
  readonly pool: string
  /** Labels as discovered, `__` ones among them, before relabelling. */
  readonly discoveredLabels: Labels
  /** Labels of its series. Empty for a target that relabelling dropped. */
  readonly labels: Labels
  /** '' for a target that relabelling dropped. */
  readonly url: string
  /** `dropped`: relabelling left it out. `unknown`: not scraped yet. */
  readonly health: 'unknown' | 'up' | 'down' | 'dropped'
  /** What went wrong in the last scrape; '' where nothing did. */
  readonly lastError: string
  /** Unix ms; 0 = never. */
  readonly lastScrapeMs: number
  readonly lastScrapeDurationMs: number
  readonly intervalMs: number
  readonly timeoutMs: number
}
