import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logRowsOf } from '../../model/batch-rows-suite.ts'
import { DecodeError } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { damaged, damages } from '../otlp/damage-suite.ts'
import { readStatsdLine, type StatsdNote } from './statsd-line.ts'
import { decodeStatsdNotes } from './statsd-notes.ts'

const seed = 20_261_123

describe('readStatsdLine', () => {
  it.each<[string, string, object]>([
    ['a counter', 'page.views:1|c', { name: 'page.views', type: 'c', values: ['1'], rate: 1, tags: [] }],
    ['a sampled counter', 'a:2|c|@0.1', { values: ['2'], rate: 0.1 }],
    ['a gauge', 'fuel:0.5|g', { type: 'g', values: ['0.5'] }],
    ['a change of a gauge', 'fuel:-3|g', { type: 'g', values: ['-3'] }],
    ['a timer', 'glork:320|ms|@0.5', { type: 'ms', values: ['320'], rate: 0.5 }],
    ['a set', 'users:anna:1|s', { type: 's', values: ['anna:1'] }],
    ['tags of DogStatsD', 'a:1|c|#env:prod,beta,url:http://x', { tags: ['env:prod', 'beta', 'url:http://x'] }],
    ['tags before the rate', 'a:1|c|#x:y|@0.5', { tags: ['x:y'], rate: 0.5 }],
    ['empty tags', 'a:1|c|#', { tags: [] }],
    ['tags of InfluxDB', 'a,env=prod,x=y:1|c', { name: 'a', tags: ['env:prod', 'x:y'] }],
    ['tags of Graphite', 'a;env=prod:1|c', { name: 'a', tags: ['env:prod'] }],
    ['several values', 'a:1:2.5:3|d', { type: 'd', values: ['1', '2.5', '3'] }],
    ['a container and a time', 'a:1|g|#x:y|c:83c0|T1656581400|e:it-false|card:low', { values: ['1'], tags: ['x:y'] }],
    ['an exponent', 'a:1e3|h', { type: 'h', values: ['1e3'] }],
    [
      'an event',
      '_e{5,11}:T|tle|Two\\nlines!|d:1700000000|h:web|k:key|p:low|s:deploy|t:error|#env:prod',
      {
        ...{ kind: 'event', title: 'T|tle', text: 'Two\nlines!', status: 'error', seconds: 1_700_000_000, host: 'web' },
        fields: { aggregation_key: 'key', priority: 'low', source_type: 'deploy' },
        tags: ['env:prod'],
      },
    ],
    ['an event in UTF-8', '_e{3,3}:é!|é!', { title: 'é!', text: 'é!' }],
    [
      'a service check',
      '_sc|Redis connection|2|d:1700000000|h:db|#env:dev|m:timed out after 10s|still',
      {
        kind: 'check',
        title: 'Redis connection',
        status: '2',
        host: 'db',
        text: 'timed out after 10s|still',
        tags: ['env:dev'],
      },
    ],
  ])('reads %s', (_name, line, expected) => {
    expect(readStatsdLine(line)).toMatchObject(expected)
  })

  it.each([
    ['', 'expected NAME:VALUE|TYPE'],
    ['a', 'expected NAME:VALUE|TYPE'],
    [':1|c', 'expected NAME:VALUE|TYPE'],
    ['a:1', 'expected NAME:VALUE|TYPE'],
    ['a:1|x', 'type is "x"'],
    ['a:|c', 'value is ""'],
    ['a:0x10|c', 'value is "0x10"'],
    [`a:${'1'.repeat(1_000_000)}x|c`, 'value is "111'],
    ['a:NaN|g', 'value is "NaN"'],
    ['a:Infinity|g', 'value is "Infinity"'],
    ['a:1e999|g', 'value is "1e999"'],
    ['a:1|c|@0', 'sample rate is "0"'],
    ['a:1|c|@2', 'sample rate is "2"'],
    ['a:1|c|@', 'sample rate is ""'],
    ['_e{5,4}:ab|cd', 'lengths of title and text'],
    ['_e{x,4}:ab|cd', 'expected _e{'],
    ['_sc|name|9', 'expected _sc|'],
  ])('refuses line %#', (line, message) => {
    expect(() => readStatsdLine(line)).toThrow(DecodeError)
    expect(() => readStatsdLine(line)).toThrow(message)
  })

  it('answers damaged lines with values or a DecodeError', () => {
    const good = ['a.b,x=y:1:-2.5|ms|@0.5|#env:prod,beta', '_e{1,2}:a|bc|d:17|t:info|#x', '_sc|a|1|m:x'].map(
      Buffer.from,
    )
    fc.assert(
      fc.property(fc.constantFrom(...good), damages, (bytes, list) => {
        try {
          const read = readStatsdLine(damaged(Buffer.from(bytes), list).toString())
          if (read.kind === 'metric' && read.type !== 's')
            for (const value of read.values) expect(Number.isFinite(Number(value))).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { seed, numRuns: 5000 },
    )
  })
})

describe('decodeStatsdNotes', () => {
  const rowOf = (line: string) =>
    logRowsOf(
      decodeStatsdNotes([{ note: readStatsdLine(line) as StatsdNote, receivedMs: 1_800_000_000_000 }], {
        tenant: defaultTenant,
        receiver: 'statsd',
        receivedBytes: 1,
      }),
    )[0]

  it('makes log records of events', () => {
    expect(
      rowOf('_e{6,4}:Deploy|done|d:1700000000|h:web|p:low|t:warning|#service:cart,env:prod,host:x,by:eve'),
    ).toMatchObject({
      timeUnixNano: 1_700_000_000_000_000_000n,
      observedUnixNano: 1_800_000_000_000_000_000n,
      severityNumber: 13,
      body: 'done',
      eventName: 'datadog.event',
      attributes: [
        ['event.title', 's', 'Deploy'],
        ['event.alert_type', 's', 'warning'],
        ['event.priority', 's', 'low'],
        ['by', 's', 'eve'],
      ],
      resource: {
        attributes: [
          { key: 'host.name', type: 's', value: 'web' },
          { key: 'service.name', type: 's', value: 'cart' },
          { key: 'deployment.environment.name', type: 's', value: 'prod' },
        ],
      },
    })
  })

  it.each([
    ['0', 'ok', 9],
    ['1', 'warning', 13],
    ['2', 'critical', 17],
    ['3', 'unknown', 0],
  ])('makes log records of service checks, status %s', (status, word, severityNumber) => {
    expect(rowOf(`_sc|redis|${status}`)).toMatchObject({
      severityNumber,
      body: 'redis',
      eventName: 'datadog.service_check',
      attributes: [
        ['service_check.name', 's', 'redis'],
        ['service_check.status', 's', word],
      ],
    })
  })
})
