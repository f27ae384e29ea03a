/** Exposition formats that can be asked for, by their names in `scrape_protocols`. Source: Prometheus 3 configuration. */
export const scrapeProtocols = [
  'PrometheusProto',
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
] as const

export type ScrapeProtocol = (typeof scrapeProtocols)[number]

/** What Prometheus 3 asks for unless it is told otherwise, and when native histograms are wanted (as they are here). */
export const defaultScrapeProtocols: readonly ScrapeProtocol[] = [
  'PrometheusProto',
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
]

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

/** Content-Type of a protocol, for a target that names none. */
export function mediaTypeOf(protocol: ScrapeProtocol): string {
  return mediaTypes[protocol]
}
