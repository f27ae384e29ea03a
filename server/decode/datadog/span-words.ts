/** Keys of `meta` that describe the source of a span, under OpenTelemetry's names. */
export const resourceNames: ReadonlyMap<string, string> = new Map([
  ['env', 'deployment.environment.name'],
  ['version', 'service.version'],
  ['_dd.hostname', 'host.name'],
  ['language', 'telemetry.sdk.language'],
  ['runtime-id', 'service.instance.id'],
])

const kinds: Readonly<Record<string, number>> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 }
/** Kind of spans that name none, by their type. Source: Datadog, span types. */
const kindsByType: Readonly<Record<string, number>> = {
  web: 2,
  http: 3,
  sql: 3,
  db: 3,
  cassandra: 3,
  redis: 3,
  memcached: 3,
  mongodb: 3,
  elasticsearch: 3,
  cache: 3,
  dns: 3,
}

/** OTLP SpanKind: what `span.kind` says, else what spans of the type are, else internal. */
export function kindOfSpan(spanKind: string, type: string): number {
  return wordOf(kinds, spanKind) ?? wordOf(kindsByType, type) ?? kinds.internal
}

/** What a table has for a word from outside, and not what every object has. */
function wordOf(table: Readonly<Record<string, number>>, word: string): number | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined
}
