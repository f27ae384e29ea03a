/** Splunk's own fields as the OpenTelemetry Collector names them, all of the resource. */
export const sourceKeys = [
  ['host', 'host.name'],
  ['source', 'com.splunk.source'],
  ['sourcetype', 'com.splunk.sourcetype'],
  ['index', 'com.splunk.index'],
] as const

/** Where events come from, for those that do not say it themselves. */
export type HecSource = Readonly<Partial<Record<'host' | 'source' | 'sourcetype' | 'index', string>>>
