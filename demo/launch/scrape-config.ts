import { renameSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** A process that answers `/metrics`. */
export interface ScrapeTarget {
  readonly service: string
  /** `host:port`. */
  readonly address: string
}

/** The files by which a Prometheus, or whatever reads its configuration, finds the shop. */
export interface ScrapeConfig {
  /** A `prometheus.yml` with one job that discovers its targets from `targetsPath`. */
  readonly configPath: string
  /** The targets as `file_sd_configs` reads them; rewritten as processes come and go. */
  readonly targetsPath: string
  write(targets: readonly ScrapeTarget[]): void
}

const scrapeIntervalSeconds = 5

/** Writes the configuration into a folder. */
export function createScrapeConfig(folder: string): ScrapeConfig {
  const configPath = resolve(folder, 'prometheus.yml')
  const targetsPath = resolve(folder, 'targets.json')
  replaceFile(targetsPath, '[]')
  replaceFile(
    configPath,
    [
      'scrape_configs:',
      '  - job_name: shop',
      `    scrape_interval: ${scrapeIntervalSeconds}s`,
      `    scrape_timeout: ${scrapeIntervalSeconds - 1}s`,
      '    file_sd_configs:',
      `      - files: [${JSON.stringify(targetsPath)}]`,
      `        refresh_interval: ${scrapeIntervalSeconds}s`,
      '',
    ].join('\n'),
  )
  return {
    configPath,
    targetsPath,
    write(targets) {
      const groups = targets.map(({ service, address }) => ({
        targets: [address],
        // As OTLP metrics are labelled: job is namespace and name of the service.
        labels: { job: `shop/${service}`, service },
      }))
      replaceFile(targetsPath, JSON.stringify(groups, undefined, 2))
    },
  }
}

/** Readers see the old file or the new one, never half of it. */
function replaceFile(path: string, text: string): void {
  const fresh = `${path}.new`
  writeFileSync(fresh, text)
  renameSync(fresh, path)
}
