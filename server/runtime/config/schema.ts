import type { z } from 'zod'
import { defaultPromotedAttributes } from '../../model/promoted-attributes.ts'
import { section, setting, settingsOf } from './setting.ts'
import {
  days,
  duration,
  flag,
  listenAddress,
  listenAddressOrOff,
  listOf,
  mappings,
  namedDays,
  oneOf,
  secret,
  secretUrlOrEmpty,
  size,
  text,
  urlOrEmpty,
  whole,
  wholeOrAuto,
} from './setting-types.ts'

const roles = ['receive', 'write', 'query', 'alert'] as const

const perSecond = whole(0, 1e12)

const listener = (path: string, port: number, what: string) => ({
  listen: setting(listenAddressOrOff, 'off', `Address for ${what}, e.g. 127.0.0.1:${port}.`),
  tenant: setting(text, '', `Tenant that receives what comes in over ${path}.listen. Nothing: \`default\`.`),
  token: setting(
    secret,
    '',
    `API token on whose rights ${path}.listen takes data in: these senders have none of their own. Nothing: as callers without a token, so from this machine only.`,
  ),
})

const datagramListener = (path: string, port: number, what: string) => section(listener(path, port, what))

const streamListener = (path: string, port: number, what: string) =>
  section({
    ...listener(path, port, what),
    certFile: setting(
      text,
      '',
      `Certificate (PEM, with its chain) with which ${path}.listen speaks TLS. Nothing: no TLS.`,
    ),
    keyFile: setting(text, '', 'Private key (PEM) of that certificate.'),
    clientCaFile: setting(
      text,
      '',
      'Authorities (PEM) one of which must have signed the certificate of a sender. Nothing: senders need none.',
    ),
  })

const signalLimits = (rows: string) =>
  section({
    rowsPerSecond: setting(
      perSecond,
      0,
      `${rows} that one tenant may send in a second; more are answered with "try again later". 0: no limit.`,
    ),
    bytesPerSecond: setting(
      size,
      0,
      'Bytes (as received, still compressed) that one tenant may send in a second. 0: no limit.',
    ),
  })

/**
 * Every setting of Sightline, each with its default: the only place where one is added. The reference, the names
 * of environment variables and flags, and the error texts are derived from it.
 */
const configSchema = section({
  data: section({
    folder: setting(
      text,
      './data',
      'Folder for everything that is kept. A relative path starts at the working folder.',
    ),
  }),
  roles: setting(listOf(oneOf(roles)), [...roles], 'Work that this process takes on.'),
  http: section({
    listen: setting(listenAddress, '127.0.0.1:8080', 'Address of the web app and the API.'),
    allowedHosts: setting(
      listOf(text),
      [],
      'Host names under which people reach the web app and the API, besides loopback names, IP addresses and names without a dot; `*.example.com` stands for every name below it. Other names are refused, because a web page could point its own name at this machine.',
    ),
    allowedOrigins: setting(
      listOf(text),
      [],
      'Origins of other web pages that may call this server from a browser, such as https://grafana.example.com.',
    ),
  }),
  tls: section({
    certFile: setting(
      text,
      '',
      'Certificate (PEM, with its chain) with which http.listen, otlp.http.listen and otlp.grpc.listen speak TLS. Nothing: no TLS. Read at the start.',
    ),
    keyFile: setting(text, '', 'Private key (PEM) of that certificate.'),
  }),
  otlp: section({
    http: section({
      listen: setting(
        listenAddressOrOff,
        '127.0.0.1:4318',
        'Address for OTLP over HTTP; the same paths answer on http.listen.',
      ),
    }),
    grpc: section({ listen: setting(listenAddressOrOff, '127.0.0.1:4317', 'Address for OTLP over gRPC.') }),
    translation: section({
      strategy: setting(
        oneOf([
          'UnderscoreEscapingWithSuffixes',
          'UnderscoreEscapingWithoutSuffixes',
          'NoUTF8EscapingWithSuffixes',
          'NoTranslation',
        ]),
        'UnderscoreEscapingWithSuffixes',
        'How OTLP metric names become Prometheus names; the words and their meaning are those of Prometheus 3 (`otlp.translation_strategy`).',
      ),
      promoteResourceAttributes: setting(
        listOf(text),
        [...defaultPromotedAttributes],
        'Resource attributes that become labels of every series, besides `job` and `instance`; all others are found in `target_info`.',
      ),
      startTimes: setting(
        flag,
        false,
        'Keeps start times of sums, histograms and summaries as series `_created`, in Unix seconds: one more series for each counter.',
      ),
    }),
  }),
  access: section({
    authentication: setting(
      oneOf(['auto', 'required', 'off']),
      'auto',
      'auto: a caller on this machine needs no token while no user is set up, every other caller does. required: everybody does. off: nobody does, also over the network; whoever reaches the port reads and writes everything.',
    ),
    allowPlaintext: setting(
      flag,
      false,
      'Allows listen addresses that other machines reach. The listeners speak plain HTTP: say true where the network is trusted or a proxy in front does TLS.',
    ),
    adminToken: setting(
      secret,
      '',
      'A token with every right on every tenant, to set up the first users and tokens with.',
    ),
  }),
  clickhouse: section({
    url: setting(
      urlOrEmpty('http:', 'https:'),
      '',
      'HTTP address of a ClickHouse server. Nothing: the embedded engine.',
    ),
    user: setting(text, 'default', 'User at that server.'),
    password: setting(secret, '', 'Password at that server.'),
    database: setting(text, 'sightline', 'Database at that server.'),
    compression: setting(
      oneOf(['zstd', 'none']),
      'zstd',
      'How large answers of that server travel. `none` saves both sides some CPU where it runs on this machine.',
    ),
  }),
  postgres: section({
    url: setting(
      secretUrlOrEmpty('postgres:', 'postgresql:'),
      '',
      'PostgreSQL database for settings, such as postgres://user:password@host/database. Nothing: the embedded one.',
    ),
  }),
  journal: section({
    maxBytes: setting(
      size,
      '8GiB',
      'Disk space that acknowledged data may take while it waits for the column store. Beyond it senders are asked to try again later; reading goes on.',
    ),
    commitWindow: setting(
      duration,
      '50ms',
      'Longest time that a request waits for others to share its disk sync, at most 100ms: it is added to acknowledgements. Where much arrives at once, two fifths of it.',
    ),
  }),
  limits: section({
    metrics: signalLimits('Samples'),
    logs: signalLimits('Log records'),
    traces: signalLimits('Spans'),
    maxSeries: setting(
      whole(1, 100_000_000),
      3_000_000,
      'Series of one tenant that may be active at once; samples of further ones are rejected as `cardinality_limit`.',
    ),
    tooOld: setting(duration, '30d', 'Rows older than this are rejected as `too_old` (never more than the retention).'),
    tooNew: setting(duration, '10m', 'Rows further in the future than this are rejected as `too_new`.'),
  }),
  retention: section({
    metrics: setting(days, '30d', 'Days that samples are kept.'),
    logs: setting(days, '30d', 'Days that log records are kept.'),
    traces: setting(days, '30d', 'Days that spans are kept.'),
    rollups: setting(days, '365d', 'Days that the 5-minute and 1-hour rollups of samples are kept.'),
  }),
  sockets: section({
    maxConnections: setting(
      whole(1, 65_535),
      1_000,
      'TCP connections that each of the listeners below holds at once; further ones are closed at once.',
    ),
    maxMessageBytes: setting(
      size,
      '256KiB',
      'Bytes of one line or message over TCP (not Fluent forward: 20 MiB); a longer one is passed over and counted as `body_too_long`.',
    ),
    idleTimeout: setting(duration, '1h', 'A connection over which nothing came for so long is closed. 0: never.'),
    batchDelay: setting(
      duration,
      '100ms',
      'Longest time that messages wait for others to be stored together, at most 200ms.',
    ),
    maxWaitingBytes: setting(
      size,
      '16MiB',
      'Messages that each protocol holds per tenant until they are stored. Beyond it TCP senders wait, and UDP packets are counted as lost with the reason `overloaded`.',
    ),
  }),
  syslog: section({
    tcp: streamListener('syslog.tcp', 5514, 'syslog (RFC 5424 and 3164) over TCP'),
    tls: streamListener('syslog.tls', 6514, 'syslog over TLS, beside the one over TCP'),
    udp: datagramListener('syslog.udp', 5514, 'syslog over UDP'),
    timeZone: setting(
      text,
      '',
      'Zone of times that name none (RFC 3164), such as Europe/Berlin or UTC. Nothing: the zone of this machine.',
    ),
    joinWait: setting(
      duration,
      '500ms',
      'Longest time that lines of a stack trace are held in memory for the lines that go on with it. 0: they are not, and a trace may be stored in two parts.',
    ),
  }),
  fluent: section({
    tcp: streamListener('fluent.tcp', 24_224, 'the Fluent forward protocol (Fluent Bit, Fluentd, Docker)'),
    sharedKey: setting(secret, '', 'Key that senders must prove to know in the handshake. Nothing: no handshake.'),
  }),
  statsd: section({
    udp: datagramListener('statsd.udp', 8125, 'StatsD and DogStatsD over UDP'),
    tcp: streamListener('statsd.tcp', 8125, 'StatsD and DogStatsD over TCP'),
    interval: setting(duration, '10s', 'Time over which values are added up before they are stored, 1s to 5m.'),
    expireAfter: setting(
      duration,
      '5m',
      'A counter or gauge that was not sent for so long is not repeated any more, and forgotten.',
    ),
    maxSeries: setting(
      whole(1, 10_000_000),
      100_000,
      'Series of one tenant that are added up at once; values of further ones are rejected as `cardinality_limit`.',
    ),
  }),
  tail: section({
    files: setting(
      mappings,
      [],
      'Log files to follow, each with `paths` (patterns) and, where wanted, `exclude`, `format` (auto, plain, cri, docker), `start` (end, beginning), `recordStart` (a pattern that the first line of a record matches) and `resource` (attributes).',
    ),
    pollInterval: setting(duration, '1s', 'Time between two looks at the files that are followed.'),
  }),
  pipelines: section({
    logs: setting(
      mappings,
      [],
      'Pipelines for log records, each with `name`, `stages` and, where it is for one tenant only, `tenant`; see docs/pipelines.md. They come before those that were saved through the API, and cannot be changed there.',
    ),
    files: setting(listOf(text), [], 'YAML files with such pipelines, each with one or a list of them.'),
    retentionClasses: setting(
      namedDays,
      [],
      'How long log records are kept that a pipeline sends into a class of this name.',
    ),
  }),
  graphite: section({ tcp: streamListener('graphite.tcp', 2003, 'Graphite plaintext lines') }),
  scrape: section({
    configFile: setting(
      text,
      '',
      'A `prometheus.yml` whose `global` and `scrape_configs` sections are followed. Its other sections are ignored.',
    ),
    configs: setting(
      mappings,
      [],
      'Further scrape configurations, written as under `scrape_configs` of a `prometheus.yml`.',
    ),
  }),
  query: section({
    timeout: setting(duration, '30s', 'Longest time that one query may run.'),
    maxMemoryBytes: setting(size, '1GiB', 'Memory that one query may take in the column store.'),
    maxRowsToRead: setting(whole(1, 1e15), 2_000_000_000, 'Rows that one query may read in the column store.'),
    maxResultRows: setting(whole(1, 1e9), 1_000_000, 'Rows that one answer may hold.'),
  }),
  promql: section({
    lookback: setting(duration, '5m', 'How far back a query looks for the newest sample of a series.'),
    defaultStep: setting(duration, '1m', 'Step of a subquery that names none.'),
    maxSamples: setting(
      whole(1, 1e9),
      50_000_000,
      'Samples and points that one query may hold in memory at once; 16 bytes each.',
    ),
    sampleMemory: setting(
      size,
      '256MiB',
      'Memory for samples that questions asked for lately; the next question finds them there. Only with the embedded column store. 0: none.',
    ),
    assemblyThreads: setting(
      wholeOrAuto(0, 16),
      'auto',
      'Threads that decode and sort the samples of large answers beside the main one. auto: one for every four cores, at most 4. 0: none.',
    ),
    thinInStore: setting(
      oneOf(['auto', 'always', 'never']),
      'auto',
      'Whether the column store leaves out samples that a window function does not depend on before it sends them. `auto`: where `clickhouse.url` names a server and at least three quarters of many samples stay there.',
    ),
    experimental: setting(
      flag,
      true,
      'Allows the functions and modifiers that Prometheus keeps behind feature flags, such as `limitk`, `info`, `mad_over_time`, and names with letters of all scripts and dots without quotes (`http.server.requests`).',
    ),
    delayedNameRemoval: setting(
      flag,
      false,
      'Takes metric names away at the end of a query rather than in each operation, as the feature of that name of Prometheus does.',
    ),
  }),
  log: section({
    level: setting(
      oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
      'info',
      'Least severity that the log of Sightline itself shows.',
    ),
  }),
  selfTelemetry: section({
    enabled: setting(flag, true, "Keeps Sightline's own metrics, logs and traces in the tenant `_system`."),
  }),
})

/** The merged, validated configuration. Durations are milliseconds, sizes bytes, retention days. */
export type Config = z.output<typeof configSchema>

/** All settings with their paths, in the order of the reference. */
export const allSettings = settingsOf(configSchema)
