/** Exposition formats that can be asked for, by their names in `scrape_protocols`. Source: Prometheus 3 configuration. */
export const scrapeProtocols = [
  'PrometheusProto',
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
] as const

export type ScrapeProtocol = (typeof scrapeProtocols)[number]

/**
 * What Prometheus 3 asks for unless it is told otherwise. Native histograms are exposed in protobuf only, in which
 * classic ones are then left out; so it is not asked for unless they are wanted.
 */
export function defaultScrapeProtocols({ native }: { native: boolean }): readonly ScrapeProtocol[] {
  return native ? scrapeProtocols : scrapeProtocols.filter((protocol) => protocol !== 'PrometheusProto')
}

const mediaTypes: Readonly<Record<ScrapeProtocol, string>> = {
  PrometheusProto: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
}

/** Formats whose names may be UTF-8, if they are asked for so. */
const escapable: readonly ScrapeProtocol[] = ['OpenMetricsText1.0.0', 'PrometheusText1.0.0']

/** `Accept` with falling weights, and anything at the end. Source: Prometheus 3 scrape, `acceptHeader`. */
export function acceptHeader(protocols: readonly ScrapeProtocol[]): string {
  let weight = scrapeProtocols.length + 1
  const wanted = protocols.map((protocol) => {
    const escaping = escapable.includes(protocol) ? ';escaping=allow-utf-8' : ''
    return `${mediaTypes[protocol]}${escaping};q=0.${weight--}`
  })
  return [...wanted, `*/*;q=0.${weight}`].join(',')
}
