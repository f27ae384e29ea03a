import { createHash } from 'node:crypto'
import type { Labels } from '../../model/series-table.ts'
import { formatDuration, parseDuration } from './config/duration.ts'
import type { ScrapeConfig } from './config/scrape-config.ts'
import { LabelsBuilder } from './relabel/labels-builder.ts'
import { applyRules } from './relabel/relabel.ts'

/** What is scraped: relabelled, checked. */
export interface Target {
  /** The same for as long as URL and labels are the same. */
  readonly id: string
  /** As discovered, with the configuration's defaults, before relabelling. Sorted. */
  readonly discoveredLabels: Labels
  /** Of its series: without those that begin with `__`. Sorted. */
  readonly labels: Labels
  readonly url: string
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** `dropped`: relabelling left it out. `fault`: it cannot be scraped, in words. */
export type TargetJudgement =
  | { readonly target: Target }
  | { readonly dropped: Labels }
  | { readonly discoveredLabels: Labels; readonly fault: string }

/**
 * Makes a target of discovered labels. Source: Prometheus 3 scrape, `PopulateLabels` and `Target.URL`: no port is
 * added to an address, `instance` is the address unless it is set, `__param_x` sets the first value of parameter x.
 */
export function judgeTarget(discovered: Readonly<Record<string, string>>, config: ScrapeConfig): TargetJudgement {
  const found = { ...defaultsOf(config), ...withoutEmpty(discovered) }
  const builder = new LabelsBuilder(sorted(found))
  const discoveredLabels = builder.finish()
  if (!applyRules(builder, config.relabelRules)) return { dropped: discoveredLabels }
  const address = builder.get('__address__')
  const intervalMs = parseDuration(builder.get('__scrape_interval__'))
  const timeoutMs = parseDuration(builder.get('__scrape_timeout__'))
  const fault = faultOf({ address, intervalMs, timeoutMs })
  if (fault !== null || intervalMs === null || timeoutMs === null)
    return { discoveredLabels, fault: fault ?? 'no interval' }
  if (builder.get('instance') === '') builder.set('instance', address)
  const labels = builder.finish().filter(([name]) => !name.startsWith('__'))
  const url = urlOf(builder, config)
  if (url === null) return { discoveredLabels, fault: `no URL can be made of address ${JSON.stringify(address)}` }
  const id = createHash('md5')
    .update(JSON.stringify([url, intervalMs, timeoutMs, labels]))
    .digest('hex')
  return { target: { id, discoveredLabels, labels, url, intervalMs, timeoutMs } }
}

function defaultsOf(config: ScrapeConfig): Record<string, string> {
  const params = Object.entries(config.params).filter(([, values]) => values.length > 0)
  return {
    job: config.jobName,
    __scrape_interval__: formatDuration(config.intervalMs),
    __scrape_timeout__: formatDuration(config.timeoutMs),
    __metrics_path__: config.metricsPath,
    __scheme__: config.scheme,
    ...Object.fromEntries(params.map(([name, values]) => [`__param_${name}`, values[0]])),
  }
}

function withoutEmpty(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}

function sorted(labels: Readonly<Record<string, string>>): Labels {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
}

interface Relabelled {
  readonly address: string
  readonly intervalMs: number | null
  readonly timeoutMs: number | null
}

function faultOf({ address, intervalMs, timeoutMs }: Relabelled): string | null {
  if (address === '') return 'no address'
  if (address.includes('/')) return `${JSON.stringify(address)} is not a valid host name`
  if (intervalMs === null || intervalMs === 0) return 'label __scrape_interval__ is not a duration above 0'
  if (timeoutMs === null || timeoutMs === 0) return 'label __scrape_timeout__ is not a duration above 0'
  return timeoutMs > intervalMs ? 'the scrape timeout is longer than the scrape interval' : null
}

/** Null where address, path and parameters make no URL. */
function urlOf(labels: LabelsBuilder, config: ScrapeConfig): string | null {
  const base = `${labels.get('__scheme__')}://${labels.get('__address__')}`
  if (!URL.canParse(base)) return null
  const [path, own] = labels.get('__metrics_path__').split('?', 2)
  const url = new URL(base)
  url.pathname = path
  const params = new Map(Object.entries(config.params).map(([name, values]) => [name, [...values]]))
  for (const [name, value] of labels.entries()) {
    if (!name.startsWith('__param_')) continue
    const key = name.slice('__param_'.length)
    params.set(key, [value, ...(params.get(key) ?? []).slice(1)])
  }
  const query = new URLSearchParams(own)
  for (const [name, values] of [...params].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const value of values) query.append(name, value)
  url.search = query.toString()
  return url.href
}

/** Where in its interval a target is scraped, ms from the interval's start: spread evenly, the same after a restart. */
export function offsetOf({ id, intervalMs }: Target): number {
  return Number(BigInt(`0x${id.slice(0, 16)}`) % BigInt(intervalMs))
}
