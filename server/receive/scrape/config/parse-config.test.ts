import { describe, expect, it } from 'vitest'
import { parseScrapeConfigText, ScrapeConfigError } from './parse-config.ts'

const faultsOf = (yaml: string): string => {
  try {
    parseScrapeConfigText(yaml)
  } catch (error) {
    if (error instanceof ScrapeConfigError) return error.message
    throw error
  }
  return 'no fault'
}

const job = (rest: string) => `scrape_configs:\n  - job_name: a\n    ${rest.replaceAll('\n', '\n    ')}\n`

/** What a real prometheus.yml may hold: all keys that are followed, and the sections beside them. */
const whole = `
global:
  scrape_interval: 30s
  scrape_timeout: 7s
  evaluation_interval: 1m
  external_labels: { cluster: eu }
  body_size_limit: 1MB
  label_limit: 50
rule_files: [rules/*.yml]
alerting:
  alertmanagers: [{ static_configs: [{ targets: ['alertmanager:9093'] }] }]
remote_write: [{ url: 'http://elsewhere/write' }]
scrape_configs:
  - job_name: everything
    scrape_interval: 1m30s
    scrape_timeout: 500ms
    metrics_path: /probe
    scheme: https
    params: { module: [http_2xx, 1.0], empty: [] }
    honor_labels: true
    honor_timestamps: false
    track_timestamps_staleness: true
    basic_auth: { username: me, password: secret }
    tls_config: { ca_file: ca.pem, insecure_skip_verify: true, min_version: TLS12 }
    follow_redirects: false
    enable_http2: true
    enable_compression: false
    sample_limit: 1000
    label_limit: 30
    label_name_length_limit: 100
    label_value_length_limit: 200
    target_limit: 5
    body_size_limit: 10MiB
    scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0]
    fallback_scrape_protocol: PrometheusText0.0.4
    scrape_native_histograms: true
    always_scrape_classic_histograms: true
    native_histogram_bucket_limit: 160
    native_histogram_min_bucket_factor: 1.1
    relabel_configs:
      - { source_labels: [__address__], regex: '(.*):8080', target_label: host, replacement: $1 }
      - { action: LabelDrop, regex: 8080 }
    metric_relabel_configs:
      - { source_labels: [__name__], regex: 'go_.*', action: drop }
    static_configs:
      - targets: ['a:8080', 'b:8080']
        labels: { env: prod, number: 1.0 }
    file_sd_configs: [{ files: [targets/*.yml], refresh_interval: 1m }]
    http_sd_configs: [{ url: 'http://sd/targets', authorization: { credentials: x } }]
    dns_sd_configs: [{ names: [_web._tcp.example.com] }, { names: [example.com], type: a, port: 80 }]
    kubernetes_sd_configs:
      - role: pod
        namespaces: { own_namespace: false, names: [shop] }
        selectors: [{ role: pod, label: app=cart }]
        attach_metadata: { node: true, namespace: true }
        api_server: https://k8s:6443
        authorization: { credentials_file: token }
    consul_sd_configs: [{ server: 'consul:8500', services: [web], tags: [x], allow_stale: false, node_meta: { a: b } }]
    docker_sd_configs: [{ host: 'unix:///var/run/docker.sock', port: 80, filters: [{ name: label, values: [a] }] }]
    ec2_sd_configs: [{ region: eu-west-1, port: 9100, filters: [{ name: 'tag:env', values: [prod] }] }]
  - job_name: plain
    static_configs:
      - targets: [c:80]
`

describe('a prometheus.yml', () => {
  it('is taken over as it is', () => {
    const { configs } = parseScrapeConfigText(whole)
    expect(configs[0]).toMatchObject({
      jobName: 'everything',
      intervalMs: 90_000,
      timeoutMs: 500,
      metricsPath: '/probe',
      scheme: 'https',
      params: { module: ['http_2xx', '1.0'], empty: [] },
      honorLabels: true,
      honorTimestamps: false,
      trackTimestampsStaleness: true,
      enableCompression: false,
      sampleLimit: 1000,
      labelLimit: 30,
      labelNameLengthLimit: 100,
      labelValueLengthLimit: 200,
      targetLimit: 5,
      bodySizeLimit: 10_485_760,
      scrapeProtocols: ['PrometheusProto', 'OpenMetricsText1.0.0'],
      fallbackScrapeProtocol: 'PrometheusText0.0.4',
      alwaysClassicHistograms: true,
    })
    expect(configs[0].http).toMatchObject({ basic_auth: { username: 'me' }, follow_redirects: false })
    expect(configs[0].relabelRules.length).toBe(2)
    expect(configs[0].metricRelabelRules.length).toBe(1)
    expect(configs[0].discoveries.length).toBe(9)
  })

  it('fills in what global says, and Prometheus’ own defaults', () => {
    const [, plain] = parseScrapeConfigText(whole).configs
    expect(plain).toMatchObject({ intervalMs: 30_000, timeoutMs: 7000, bodySizeLimit: 1_048_576, labelLimit: 50 })
    const [bare] = parseScrapeConfigText(job('')).configs
    expect(bare).toMatchObject({
      intervalMs: 60_000,
      timeoutMs: 10_000,
      metricsPath: '/metrics',
      scheme: 'http',
      honorLabels: false,
      honorTimestamps: true,
      enableCompression: true,
      sampleLimit: 0,
      scrapeProtocols: ['OpenMetricsText1.0.0', 'OpenMetricsText0.0.1', 'PrometheusText1.0.0', 'PrometheusText0.0.4'],
      fallbackScrapeProtocol: null,
    })
    expect(parseScrapeConfigText(job('scrape_interval: 5s')).configs[0].timeoutMs).toBe(5000)
    expect(parseScrapeConfigText(job('scrape_native_histograms: true')).configs[0].scrapeProtocols[0]).toBe(
      'PrometheusProto',
    )
  })

  it('names what is not followed, with its path', () => {
    const { notices } = parseScrapeConfigText(
      `${whole}    azure_sd_configs: [{ port: 80 }]\n    extra_scrape_metrics: true\n`,
    )
    expect(notices.map(({ path }) => path)).toEqual([
      'rule_files',
      'alerting',
      'remote_write',
      'global.evaluation_interval',
      'global.external_labels',
      'scrape_configs[1].azure_sd_configs',
      'scrape_configs[1].extra_scrape_metrics',
    ])
    expect(notices[5].message).toBe('not supported yet: its targets are not found')
  })

  it.each(['', 'global:', 'scrape_configs:', 'scrape_configs: []'])('may be empty: %j', (yaml) => {
    expect(parseScrapeConfigText(yaml).configs).toEqual([])
  })

  it.each([
    ['scrape_configs:\n  - static_configs: []', 'scrape_configs[0].job_name: expected'],
    [job('scrape_intervall: 5s'), 'scrape_configs[0].scrape_intervall: unknown key; did you mean scrape_interval?'],
    [
      job('scrape_interval: 5 s'),
      'scrape_configs[0].scrape_interval: expected a duration such as 15s, 1m30s or 1h, got "5 s"',
    ],
    [job('scrape_interval: 0s'), 'scrape_configs[0].scrape_interval: expected a duration above 0'],
    [job('scrape_timeout: 5m'), 'scrape_configs[0]: scrape_timeout is longer than scrape_interval'],
    [job('honor_labels: yes please'), 'scrape_configs[0].honor_labels: expected true or false'],
    [job('sample_limit: -1'), 'scrape_configs[0].sample_limit: expected a whole number, got "-1"'],
    [job('body_size_limit: big'), 'scrape_configs[0].body_size_limit: expected a size such as 10MB, got "big"'],
    [
      job('relabel_configs:\n  - regex: (a\n    target_label: b'),
      'scrape_configs[0].relabel_configs[0]: regex "(a" is not valid (RE2)',
    ],
    [
      job('relabel_configs:\n  - action: hashmod\n    target_label: b'),
      'scrape_configs[0].relabel_configs[0]: action hashmod needs a modulus above 0',
    ],
    [job('relabel_configs:\n  - action: nothing'), 'scrape_configs[0].relabel_configs[0].action: '],
    [
      job('static_configs:\n  - targets: [http://a:80/metrics]'),
      'scrape_configs[0].static_configs[0].targets[0]: expected host:port, without a path',
    ],
    [
      job('static_configs:\n  - tragets: [a:80]'),
      'scrape_configs[0].static_configs[0].tragets: unknown key; did you mean targets?',
    ],
    [
      job('file_sd_configs:\n  - files: [a/*/b.json]'),
      'scrape_configs[0].file_sd_configs[0].files[0]: expected a file name that ends in',
    ],
    [job('http_sd_configs:\n  - url: sd'), 'scrape_configs[0].http_sd_configs[0].url: expected a URL'],
    [job('dns_sd_configs:\n  - names: [a]\n    type: A'), 'scrape_configs[0].dns_sd_configs[0].port: a port is needed'],
    [
      job('basic_auth: {username: a}\nbearer_token: b'),
      'scrape_configs[0]: at most one of basic_auth, authorization, oauth2 and bearer_token',
    ],
    [`${job('')}  - job_name: a`, 'scrape_configs[1].job_name: there is a job "a" already'],
    ['scrape_configs: {}', 'scrape_configs: '],
    ['a: [', 'not valid YAML'],
    ['just text', 'expected'],
  ])('refuses %j', (yaml, message) => {
    expect(faultsOf(yaml)).toContain(message)
  })

  it('names every wrong key at once', () => {
    expect(faultsOf(job('schem: http\nscrape_interval: x')).split('\n').length).toBe(2)
  })
})
