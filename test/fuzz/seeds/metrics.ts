import { encodeDatadogMetrics, encodeFamily, encodeRemoteWrite, encodeRemoteWriteV2 } from './wire-schemas.ts'

const timestamp = 1_767_225_600_123n
const span = { offset: 1, length: 2 }
const histogram = {
  countInt: 5n,
  sum: 1.5,
  schema: 3,
  zeroThreshold: 0.001,
  zeroCountInt: 1n,
  positiveSpans: [span],
  positiveDeltas: [1n, 1n],
  negativeSpans: [{ offset: 0, length: 1 }],
  negativeDeltas: [1n],
  resetHint: 2,
  timestamp,
}
const floatHistogram = {
  countFloat: 3,
  sum: 1.5,
  schema: -53,
  zeroCountFloat: 0,
  positiveSpans: [{ offset: 0, length: 2 }],
  positiveCounts: [1, 2],
  customValues: [0.5],
  timestamp,
}
const labels = [
  { name: '__name__', value: 'http_requests_total' },
  { name: 'code', value: '200' },
  { name: 'instance', value: '10.0.0.1:9100' },
]

/** Prometheus remote write 1.0, not compressed. */
export const remoteWrite = () => [
  encodeRemoteWrite('WriteRequest', {
    timeseries: [
      {
        labels,
        samples: [
          { value: 1.5, timestamp },
          { value: Number.NaN, timestamp: timestamp + 1n },
        ],
        exemplars: [{ labels: [{ name: 'trace_id', value: 'ab' }], value: 1, timestamp }],
      },
      { labels: labels.slice(0, 1), histograms: [histogram, floatHistogram] },
    ],
    metadata: [{ type: 1, metricFamilyName: 'http_requests_total', help: 'how many', unit: 'requests' }],
  }),
]

/** Prometheus remote write 2.0, not compressed. */
export const remoteWriteV2 = () => [
  encodeRemoteWriteV2('Request', {
    symbols: ['', '__name__', 'up', 'job', 'shop', 'help', 'trace_id', 'ab'],
    timeseries: [
      {
        labelsRefs: [1, 2, 3, 4],
        samples: [{ value: 1, timestamp, startTimestamp: timestamp - 5n }],
        exemplars: [{ labelsRefs: [6, 7], value: 1, timestamp }],
        metadata: { type: 1, helpRef: 5, unitRef: 0 },
        createdTimestamp: timestamp - 5n,
      },
      { labelsRefs: [1, 2], histograms: [histogram, floatHistogram] },
    ],
  }),
]

/** Prometheus' text format. */
export const prometheusText = () =>
  [
    '# HELP http_requests_total How many \\\\ \\n requests\n# TYPE http_requests_total counter\nhttp_requests_total{code="200",path="/a\\"b\\\\c\\n"} 1027 1395066363000\nhttp_requests_total{code="400"}    3\n\n',
    '# TYPE wait_seconds histogram\nwait_seconds_bucket{le="0.1"} 1\nwait_seconds_bucket{le="+Inf"} 2\nwait_seconds_sum 0.3\nwait_seconds_count 2\n# a comment\nlevel -0.1e-5\nlevel{x="y"} NaN\n',
    '# TYPE rpc summary\nrpc{quantile="0.5"} 4773\nrpc_sum 1.7560473e+07\n{"wörter.mit.punkt","a b"="c",} +Inf\n',
  ].map((text) => Buffer.from(text))

/** OpenMetrics. */
export const openMetricsText = () =>
  [
    '# TYPE requests counter\n# HELP requests How many\nrequests_total{code="200"} 17 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.5\nrequests_created{code="200"} 1520430000.123 1520879607.789\n# TYPE a histogram\na_bucket{le="0.5"} 1 # {} 0.1\na_bucket{le="+Inf"} 2\na_count 2\na_sum 1.5\n# EOF\n',
    '# TYPE state stateset\nstate{state="on"} 1\nstate{state="off"} 0\n# TYPE up_seconds gauge\n# UNIT up_seconds seconds\nup_seconds 1\n# TYPE build info\nbuild_info{version="1"} 1\n# TYPE g gaugehistogram\ng_bucket{le="+Inf"} 1\ng_gcount 1\ng_gsum 2\n# EOF\n',
  ].map((text) => Buffer.from(text))

const exemplar = {
  label: [{ name: 'trace_id', value: 'ab' }],
  value: 0.5,
  timestamp: { seconds: 1_767_225_600n, nanos: 5 },
}
const families = [
  {
    name: 'up_total',
    help: 'up',
    type: 0,
    metric: [{ label: [{ name: 'a', value: 'b' }], counter: { value: 1, exemplar } }],
  },
  { name: 'level', type: 1, unit: 'm', metric: [{ gauge: { value: -1 }, timestampMs: timestamp }] },
  {
    name: 'rpc',
    type: 2,
    metric: [{ summary: { sampleCount: 2n, sampleSum: 3, quantile: [{ quantile: 0.5, value: 1 }] } }],
  },
  { name: 'other', type: 3, metric: [{ untyped: { value: 2 } }] },
  {
    name: 'wait',
    type: 4,
    metric: [
      {
        histogram: {
          sampleCount: 5n,
          sampleSum: 2,
          bucket: [
            { cumulativeCount: 2n, upperBound: 0.5, exemplar },
            { cumulativeCount: 5n, upperBound: Number.POSITIVE_INFINITY },
          ],
          schema: 2,
          zeroThreshold: 0.01,
          zeroCount: 1n,
          positiveSpan: [span],
          positiveDelta: [2n, 0n],
          exemplars: [exemplar],
        },
      },
    ],
  },
]

/** Families in protobuf, the length in front of each. */
export const prometheusProtobuf = () => {
  const delimited = families.map((family) => {
    const bytes = encodeFamily('MetricFamily', family)
    const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7]
    return Buffer.concat([Buffer.from(length), bytes])
  })
  return [Buffer.concat(delimited), ...delimited]
}

/** A path and a body of the Pushgateway, a line feed between them. */
export const pushes = () => [
  Buffer.from('nightly/instance/a\n# TYPE done counter\ndone 1\nsize{x="y"} 2\n'),
  Buffer.from('nightly/path@base64/L3Zhcg==/empty@base64/=\nlevel 3\n'),
]

/** InfluxDB's line protocol. */
export const influxLines = () =>
  [
    'cpu,host=a,region=eu\\ west usage_idle=98.5,count=3i,big=7u,on=true,note="a \\"b\\", c" 1767225600123456789\ncpu idle=1\n',
    '# comment\nmem\\,ory,a\\=b=c\\,d free=1e3,used=-2.5 1767225600\n\nnet value=t\r\n',
  ].map((text) => Buffer.from(text))

/** Graphite's plaintext protocol. */
export const graphiteLines = () =>
  ['servers.web1.load 0.5 1767225600\nload;dc=eu;host=a 1e3 -1\na 5 N\r\n', 'a.b.c -0.5\n\t x 1 1767225600.5\n'].map(
    (text) => Buffer.from(text),
  )

/** StatsD and DogStatsD. */
export const statsdLines = () =>
  [
    'page.views:1|c|@0.1|#env:prod,beta,url:http://x\nfuel:-3|g\nglork:320:1.5|ms\nusers:anna|s\na,x=y;z=1:2|d|T1656581400|c:83c0\n',
    '_e{5,11}:T|tle|Two\\nlines!|d:1700000000|h:web|k:key|p:low|s:deploy|t:error|#env:prod,service:cart\n_sc|Redis|2|d:1700000000|h:db|#env:dev|m:timed out\n',
  ].map((text) => Buffer.from(text))

/** Series of Datadog's API in JSON, versions 1 and 2. */
export const datadogSeriesJson = () =>
  [
    {
      series: [
        {
          metric: 'system.cpu-idle',
          points: [[1_767_225_600, 1.5]],
          type: 'gauge',
          host: 'h',
          tags: ['env:prod', 'flag'],
        },
      ],
    },
    {
      series: [
        {
          metric: 'hits',
          type: 1,
          interval: 10,
          unit: 'hit',
          tags: ['a:1', 'a:2'],
          resources: [{ type: 'host', name: 'h' }],
          points: [{ timestamp: 1_767_225_600, value: 3 }],
        },
      ],
    },
  ].map((request) => Buffer.from(JSON.stringify(request)))

export const datadogSeriesProtobuf = () => [
  encodeDatadogMetrics('MetricPayload', {
    series: [
      {
        resources: [{ type: 'host', name: 'h' }],
        metric: 'hits',
        tags: ['env:prod', 'flag'],
        points: [{ value: 3, timestamp: 1_767_225_600n }],
        type: 1,
        unit: 'hit',
        interval: 10n,
      },
      { metric: 'level', points: [{ value: -1, timestamp: 5n }], type: 3 },
    ],
  }),
]

export const metricWords = [
  ...['__name__', 'le="', 'quantile="', '# TYPE ', '# HELP ', '# UNIT ', '# EOF\n', '# {a="b"} 1', '_bucket', '_total'],
  ...[
    'counter',
    'histogram',
    'gauge',
    'summary',
    'NaN',
    '+Inf',
    '-Inf',
    '|c',
    '|ms',
    '|@0.1',
    '|#',
    '_e{1,1}:',
    '_sc|',
  ],
  ...['@base64/', '/job/', 'i ', '1u', '"x"', ' 1767225600', ';a=b', '"points":[[1,2]]', '"metric":'],
]
