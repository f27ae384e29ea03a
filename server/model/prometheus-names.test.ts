import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type NamedMetricType, prometheusLabelName, prometheusMetricName, prometheusUnit } from './prometheus-names.ts'

type Names = readonly [escaped: string | null, short: string | null, utf8: string | null]

describe('prometheusMetricName', () => {
  const cases: readonly (readonly [name: string, unit: string, type: NamedMetricType, wanted: Names])[] = [
    [
      'http.server.request.duration',
      's',
      'other',
      ['http_server_request_duration_seconds', 'http_server_request_duration', 'http.server.request.duration_seconds'],
    ],
    ['requests', '', 'counter', ['requests_total', 'requests', 'requests_total']],
    ['requests_total', '', 'counter', ['requests_total', 'requests_total', 'requests_total']],
    ['total.requests', '', 'counter', ['requests_total', 'total_requests', 'total.requests_total']],
    ['requests', '{request}', 'counter', ['requests_total', 'requests', 'requests_total']],
    [
      'system.memory.usage',
      'By',
      'other',
      ['system_memory_usage_bytes', 'system_memory_usage', 'system.memory.usage_bytes'],
    ],
    [
      'system.cpu.utilization',
      '1',
      'gauge',
      ['system_cpu_utilization_ratio', 'system_cpu_utilization', 'system.cpu.utilization_ratio'],
    ],
    ['hits', '1', 'counter', ['hits_total', 'hits', 'hits_total']],
    ['network.io', 'By/s', 'gauge', ['network_io_bytes_per_second', 'network_io', 'network.io_bytes_per_second']],
    ['events', '1/s', 'gauge', ['events_per_second', 'events', 'events_per_second']],
    ['duration_seconds', 's', 'other', ['duration_seconds', 'duration_seconds', 'duration_seconds']],
    ['a..b__c', '', 'other', ['a_b_c', 'a_b__c', 'a..b__c']],
    ['2xx.count', '', 'other', ['_2xx_count', '_2xx_count', '2xx.count']],
    ['ns:metric', '', 'gauge', ['ns:metric', 'ns:metric', 'ns:metric']],
    ['speed', 'km/h', 'gauge', ['speed_km_per_hour', 'speed', 'speed_km_per_hour']],
    ['weird', 'foo bar', 'gauge', ['weird_foo_bar', 'weird', 'weird_foo bar']],
    ['load', '%', 'gauge', ['load_percent', 'load', 'load_percent']],
    ['größe', '', 'gauge', ['gr_e', 'gr_e', 'größe']],
    ['...', '', 'gauge', [null, null, '...']],
    ['', 's', 'gauge', ['seconds', null, '_seconds']],
  ]
  it.each(cases)('%s in %j as %s', (name, unit, type, [escaped, short, utf8]) => {
    const about = { unit, type }
    expect(prometheusMetricName(name, about)).toBe(escaped)
    expect(prometheusMetricName(name, about, 'UnderscoreEscapingWithoutSuffixes')).toBe(short)
    expect(prometheusMetricName(name, about, 'NoUTF8EscapingWithSuffixes')).toBe(utf8)
    expect(prometheusMetricName(name, about, 'NoTranslation')).toBe(name === '' ? null : name)
  })

  it('gives a name that Prometheus takes without quotes, for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (name, unit) => {
        for (const type of ['gauge', 'counter', 'other'] as const)
          expect(prometheusMetricName(name, { unit, type }) ?? 'none').toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/)
      }),
      { seed: 20_261_123, numRuns: 500 },
    )
  })
})

describe('prometheusLabelName', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['http.method', 'http_method'],
    ['k8s.pod.labels/app', 'k8s_pod_labels_app'],
    ['0day', 'key_0day'],
    ['_private', 'key_private'],
    ['__reserved__', '__reserved__'],
    ['a__b', 'a__b'],
    ['ü', 'key_'],
    ['ab😀', 'ab_'],
    ['', null],
    ['__', '__'],
  ]
  it.each(cases)('of %j is %j', (key, wanted) => {
    expect(prometheusLabelName(key)).toBe(wanted)
    expect(prometheusLabelName(key, 'NoTranslation')).toBe(key === '' ? null : key)
  })
})

describe('prometheusUnit', () => {
  it.each([
    ['s', 'seconds'],
    ['By/s', 'bytes_per_second'],
    ['1', ''],
    ['{request}', ''],
    ['{request}/s', 'per_second'],
    ['', ''],
  ])('of %j is %j', (unit, wanted) => {
    expect(prometheusUnit(unit)).toBe(wanted)
  })
})
