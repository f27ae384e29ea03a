/** Ways to send, each with the addresses of this server. */
export interface Snippet {
  readonly id: string
  readonly word: string
  /** The first row of choices names protocols and what speaks them, the second languages. */
  readonly row: 'protocol' | 'language'
  /** Receivers at which it arrives, as the ledger names them. */
  readonly receivers: readonly string[]
  readonly text: (place: Place) => string
}

/** Where this server listens, as the reader of the page reaches it. */
export interface Place {
  /** `http://127.0.0.1:8080`; OTLP over HTTP answers here too. */
  readonly origin: string
  readonly tenant: string
  /** A key that was just made; it says the tenant as well. */
  readonly key?: string
}

/** What senders have to say of themselves, as a header; nothing for the default tenant on this machine. */
function header({ tenant, key }: Place, before: string, after = ''): string {
  if (key !== undefined) return `${before}X-API-Key${after}${key}`
  return tenant === 'default' ? '' : `${before}X-Scope-OrgID${after}${tenant}`
}

/** The same as one more line of a command. */
function headersLine(place: Place): string {
  const line = header(place, 'OTEL_EXPORTER_OTLP_HEADERS=', '=')
  return line === '' ? '' : `${line} \\\n`
}

const otlp = ['otlp_http', 'otlp_grpc'] as const
const overOtlp = { row: 'language', receivers: otlp } as const

export const snippets: readonly Snippet[] = [
  {
    id: 'collector',
    word: 'Collector',
    ...{ row: 'protocol', receivers: otlp },
    text: (place) => `exporters:
  otlphttp/sightline:
    endpoint: ${place.origin}${header(place, '\n    headers:\n      ', ': ')}
service:
  pipelines:
    traces: { exporters: [otlphttp/sightline] }
    metrics: { exporters: [otlphttp/sightline] }
    logs: { exporters: [otlphttp/sightline] }`,
  },
  {
    id: 'sdk',
    word: 'Any SDK',
    ...overOtlp,
    text: (place) => `# read by the OpenTelemetry SDKs of all languages
export OTEL_SERVICE_NAME=my-service
export OTEL_EXPORTER_OTLP_ENDPOINT=${place.origin}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf${header(place, '\nexport OTEL_EXPORTER_OTLP_HEADERS=', '=')}`,
  },
  {
    id: 'node',
    word: 'Node',
    ...overOtlp,
    text: (place) => `npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node

OTEL_SERVICE_NAME=my-service \\
OTEL_EXPORTER_OTLP_ENDPOINT=${place.origin} \\
${headersLine(place)}node --require @opentelemetry/auto-instrumentations-node/register app.js`,
  },
  {
    id: 'java',
    word: 'Java',
    ...overOtlp,
    text: (place) => `# opentelemetry-javaagent.jar is OpenTelemetry's agent for Java
OTEL_SERVICE_NAME=my-service \\
OTEL_EXPORTER_OTLP_ENDPOINT=${place.origin} \\
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf \\
${headersLine(place)}java -javaagent:opentelemetry-javaagent.jar -jar app.jar`,
  },
  {
    id: 'python',
    word: 'Python',
    ...overOtlp,
    text: (place) => `pip install opentelemetry-distro opentelemetry-exporter-otlp-proto-http
opentelemetry-bootstrap -a install

OTEL_SERVICE_NAME=my-service \\
OTEL_EXPORTER_OTLP_ENDPOINT=${place.origin} \\
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf \\
${headersLine(place)}opentelemetry-instrument python app.py`,
  },
  {
    id: 'go',
    word: 'Go',
    ...overOtlp,
    text: (place) => `go get go.opentelemetry.io/contrib/exporters/autoexport go.opentelemetry.io/otel/sdk

// main.go; autoexport reads the variables below
exporter, err := autoexport.NewSpanExporter(ctx)
if err != nil { log.Fatal(err) }
provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
otel.SetTracerProvider(provider)
defer provider.Shutdown(ctx)

OTEL_SERVICE_NAME=my-service \\
OTEL_EXPORTER_OTLP_ENDPOINT=${place.origin} \\
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf \\
${headersLine(place)}go run .`,
  },
  {
    id: 'dotnet',
    word: '.NET',
    ...overOtlp,
    text: (place) => `# OpenTelemetry's automatic instrumentation for .NET
curl -sSfL https://github.com/open-telemetry/opentelemetry-dotnet-instrumentation/releases/latest/download/otel-dotnet-auto-install.sh | sh
. $HOME/.otel-dotnet-auto/instrument.sh

OTEL_SERVICE_NAME=my-service \\
OTEL_EXPORTER_OTLP_ENDPOINT=${place.origin} \\
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf \\
${headersLine(place)}dotnet MyService.dll`,
  },
  {
    id: 'prometheus',
    word: 'Prometheus',
    ...{ row: 'protocol', receivers: ['prometheus_remote_write'] },
    text: (place) => `# prometheus.yml
remote_write:
  - url: ${place.origin}/api/v1/write${header(place, '\n    headers:\n      ', ': ')}`,
  },
  {
    id: 'loki',
    word: 'Loki',
    ...{ row: 'protocol', receivers: ['loki_push'] },
    text: (place) => `# Promtail
clients:
  - url: ${place.origin}/loki/api/v1/push${header(place, '\n    headers:\n      ', ': ')}`,
  },
  {
    id: 'elasticsearch',
    word: 'Elasticsearch',
    ...{ row: 'protocol', receivers: ['elasticsearch_bulk'] },
    text: (place) => `# Filebeat
setup.template.enabled: false
setup.ilm.enabled: false
output.elasticsearch:
  hosts: ["${place.origin}/elasticsearch"]${header(place, '\n  headers:\n    ', ': ')}`,
  },
  {
    id: 'influx',
    word: 'Telegraf',
    ...{ row: 'protocol', receivers: ['influxdb', 'influx_line'] },
    text: (place) => `# telegraf.conf
[[outputs.influxdb]]
  urls = ["${place.origin}"]
  database = "telegraf"${header(place, '\n  http_headers = { ', ' = "').replace(/(.+)$/, '$1" }')}`,
  },
  {
    id: 'curl',
    word: 'curl',
    ...{ row: 'protocol', receivers: ['otlp_http'] },
    text: (
      place,
    ) => `curl ${place.origin}/v1/logs -H 'content-type: application/json'${header(place, " -H '", ': ').replace(/(.+)/, "$1'")} -d '{
  "resourceLogs": [{
    "resource": { "attributes": [
      { "key": "service.name", "value": { "stringValue": "my-service" } }] },
    "scopeLogs": [{ "logRecords": [
      { "severityText": "INFO", "body": { "stringValue": "hello from curl" } }] }] }]
}'`,
  },
]
