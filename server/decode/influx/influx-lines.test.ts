import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MetricBatch } from '../../model/batch.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import type { SeriesTable } from '../../model/series-table.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { defaultMetricLimits } from '../metric/metric-context.ts'
import { damaged, damages, expectRowsOrDecodeError } from '../otlp/damage-suite.ts'
import { decodeInfluxLines, type InfluxOptions } from './influx-lines.ts'

let series: SeriesTable
beforeEach(async () => {
  series = (await createSeriesTables()).of(defaultTenant)
})

const nanoseconds = { cutDigits: 6, ms: 1 } as const
const decode = (text: string | Uint8Array, options: Partial<InfluxOptions> = {}, limits = defaultMetricLimits) =>
  decodeInfluxLines(
    Buffer.from(text),
    { unit: nanoseconds, nowMs: 42, labels: [], ...options },
    {
      series,
      receiver: 'influx_line',
      receivedBytes: 1,
      limits,
    },
  )

/** Samples as text: `name{label="value"} value @ms`. */
const samplesOf = (batch: MetricBatch) =>
  Array.from({ length: batch.sampleCount }, (_, i) => {
    const labels = series.labels(batch.ref[i])
    const name = labels.find(([key]) => key === '__name__')?.[1]
    const others = labels.filter(([key]) => key !== '__name__').map(([key, value]) => `${key}=${value}`)
    return `${name}{${others}} ${batch.value[i]} @${batch.timestampMs[i]}`
  })

describe('points', () => {
  it.each([
    ['a field', 'cpu idle=1.5 1767225600123456789', ['cpu_idle{} 1.5 @1767225600123']],
    [
      'tags and fields of all kinds',
      'm,b=2,a=1 f=-1e3,i=7i,u=8u,t=T,n=false 1000000',
      ['m_f{a=1,b=2} -1000 @1', 'm_i{a=1,b=2} 7 @1', 'm_u{a=1,b=2} 8 @1', 'm_t{a=1,b=2} 1 @1', 'm_n{a=1,b=2} 0 @1'],
    ],
    [
      'the largest integers',
      'm i=9223372036854775807i,n=-9223372036854775808i,u=18446744073709551615u',
      [`m_i{} ${2 ** 63} @42`, `m_n{} ${-(2 ** 63)} @42`, `m_u{} ${2 ** 64} @42`],
    ],
    ['no time', 'cpu idle=1', ['cpu_idle{} 1 @42']],
    [
      'times that a double rounds',
      'a v=1 1767225600123000000\na v=1 1767225600122999999',
      ['a_v{} 1 @1767225600123', 'a_v{} 1 @1767225600122'],
    ],
    [
      'blanks, comments, empty lines and \\r\\n',
      '# c\r\n\r\n  a  v=1  1000000 \r\n\n# end\nb v=2',
      ['a_v{} 1 @1', 'b_v{} 2 @42'],
    ],
    ['escapes', 'my\\ cpu\\,x,ta\\=g=va\\ l\\,ue my\\ field=1', ['my cpu,x_my field{ta=g=va l,ue} 1 @42']],
    ['a backslash that escapes nothing', 'a,path=C:\\temp v=1', ['a_v{path=C:\\temp} 1 @42']],
    ['an equals sign in a measurement', 'a=b v=1', ['a=b_v{} 1 @42']],
    ['no line end', 'a v=1', ['a_v{} 1 @42']],
    ['other characters', 'tür,stadt=Köln größe=1', ['tür_größe{stadt=Köln} 1 @42']],
  ])('are read with %s', (_name, text, wanted) => {
    const batch = decode(text)
    expect(samplesOf(batch)).toEqual(wanted)
    expect(batch.decodeRejections).toEqual([])
  })

  it.each([
    [{ cutDigits: 6, ms: 1 }, '1767225600123456789', 1_767_225_600_123],
    [{ cutDigits: 3, ms: 1 }, '1767225600123456', 1_767_225_600_123],
    [{ cutDigits: 0, ms: 1 }, '1767225600123', 1_767_225_600_123],
    [{ cutDigits: 0, ms: 1000 }, '1767225600', 1_767_225_600_000],
    [{ cutDigits: 0, ms: 3_600_000 }, '490896', 1_767_225_600_000],
    [{ cutDigits: 6, ms: 1 }, '999999', 0],
  ] as const)('have times in %j', (unit, time, wanted) => {
    expect(decode(`a v=1 ${time}`, { unit }).timestampMs[0]).toBe(wanted)
  })

  it('have the labels of the request where no tag has that name', () => {
    const batch = decode('a v=1\na,db=own v=2', { labels: [['db', 'telegraf']] })
    expect(samplesOf(batch)).toEqual(['a_v{db=telegraf} 1 @42', 'a_v{db=own} 2 @42'])
    expect(samplesOf(decode('a v=1', { labels: [['db', 'other']] }))).toEqual(['a_v{db=other} 1 @42'])
  })

  it('keep their series from request to request, whatever the order of tags', () => {
    const refs = ['a,x=1,y=2 v=1\na,y=2,x=1 v=2', 'a,x=1,y=2 v=3'].flatMap((text) => [...decode(text).ref])
    expect(new Set(refs).size).toBe(1)
  })

  it('lose fields with a text, which are counted and fail nothing', () => {
    const batch = decode('a s="x, y=1 \\" z\n2",v=1,t="" 1000000\nb v=2')
    expect(samplesOf(batch)).toEqual(['a_v{} 1 @1', 'b_v{} 2 @42'])
    expect(batch.decodeRejections).toMatchObject([
      { reason: 'unsupported', count: 2, sample: expect.stringMatching(/^line [12]:/) },
    ])
  })
})

describe('what is no point', () => {
  it.each([
    ['a', 'expected field=value'],
    ['a 1', 'expected field=value'],
    ['a =1', 'expected field=value'],
    ['a v=', 'field value is missing'],
    ['a v=1,', 'expected field=value'],
    ['a v=x', 'is no value of a field'],
    ['a v=1ii', 'is not an integer'],
    ['a v=1.5i', 'is not an integer'],
    ['a v=9223372036854775808i', 'is not an integer'],
    ['a v=-1u', 'is not an integer'],
    ['a v=1x2', 'is not a number'],
    ['a v="x', 'string has no end'],
    ['a v="x"y', 'behind a string'],
    ['a v=1 x', 'is not an integer'],
    ['a v=1 1000000x', 'is not an integer'],
    ['a v=1 1.5', 'is not an integer'],
    [',t=1 v=1', 'measurement is missing'],
    ['a, v=1', 'expected tag=value'],
    ['a,t v=1', 'expected tag=value'],
    ['a,t= v=1', 'expected tag=value'],
    ['a,=1 v=1', 'expected tag=value'],
  ])('%j is named with its line, and its neighbours stay', (text, reason) => {
    const batch = decode(`good v=1\n\n${text}\ngood v=2\n`)
    expect(samplesOf(batch)).toEqual(['good_v{} 1 @42', 'good_v{} 2 @42'])
    expect(batch.decodeRejections).toMatchObject([{ reason: 'malformed', count: 1 }])
    expect(batch.decodeRejections[0].sample).toMatch(/^line 3: /)
    expect(batch.decodeRejections[0].sample).toContain(reason)
  })

  it('takes no field of a point with a fault', () => {
    expect(samplesOf(decode('a v=1,w=x'))).toEqual([])
  })

  it('is a series beyond a limit, or one with a label twice', () => {
    const limits = { ...defaultMetricLimits, maxLabels: 2 }
    const batch = decode('a,x=1,y=2 v=1\nb,x=1 v=1\nc,x=1,x=2 v=1', {}, limits)
    expect(samplesOf(batch)).toEqual(['b_v{x=1} 1 @42'])
    expect(batch.decodeRejections.map(({ reason, count }) => [reason, count])).toEqual([
      ['too_many_labels', 1],
      ['duplicate_label', 1],
    ])
  })

  it('is text that is no UTF-8', () => {
    const batch = decode(Buffer.concat([Buffer.from('a,t='), Buffer.from([0xff]), Buffer.from(' v=1\nb v=1')]))
    expect(samplesOf(batch)).toEqual(['b_v{} 1 @42'])
  })
})

describe('any points', () => {
  const word = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
    .filter((text) => text.isWellFormed() && !/[\n\r\\#]/.test(text))
  const escaped = (text: string) => text.replace(/[,= ]/g, '\\$&')
  const point = fc.record({
    measurement: word,
    tags: fc.dictionary(word, word, { maxKeys: 3, noNullPrototype: true }),
    fields: fc.dictionary(word, fc.double({ noNaN: true, noDefaultInfinity: true }), {
      minKeys: 1,
      maxKeys: 3,
      noNullPrototype: true,
    }),
    time: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  })
  type Point = typeof point extends fc.Arbitrary<infer T> ? T : never
  const line = ({ measurement, tags, fields, time }: Point) =>
    `${[escaped(measurement), ...Object.entries(tags).map(([key, value]) => `${escaped(key)}=${escaped(value)}`)].join(',')} ${Object.entries(
      fields,
    ).map(([key, value]) => `${escaped(key)}=${value}`)} ${time}`

  it('come out as they were written', () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 5 }), (points) => {
        const batch = decode(points.map(line).join('\n'), { unit: { cutDigits: 0, ms: 1 } })
        const wanted = points.flatMap(({ measurement, tags, fields, time }) =>
          Object.entries(fields).map(([field, value]) => [`${measurement}_${field}`, tags, value, time] as const),
        )
        expect(batch.sampleCount).toBe(wanted.length)
        for (const [i, [name, tags, value, time]] of wanted.entries()) {
          const labels = Object.fromEntries(series.labels(batch.ref[i]))
          expect(labels).toEqual({ ...tags, __name__: name })
          expect([batch.value[i], batch.timestampMs[i]]).toEqual([value, time])
        }
      }),
      { seed: 65, numRuns: 200 },
    )
  })

  it('that are damaged are samples or a DecodeError', () => {
    const text = 'cpu,host=a,core\\ x=0 idle=1.5,user=2i,ok=t,s="a b" 1767225600123456789\nmem free=1\n# c\n'
    fc.assert(
      fc.property(damages, (list) => {
        expectRowsOrDecodeError(damaged(Buffer.from(text), list), (bytes) => {
          const batch = decode(bytes)
          return [samplesOf(batch), batch.decodeRejections]
        })
      }),
      { seed: 66, numRuns: 2_000 },
    )
  })
})
