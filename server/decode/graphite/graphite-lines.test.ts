import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { labelsOfCanonical } from '../../model/label-bytes.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import type { SeriesTable } from '../../model/series-table.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { damaged, damages } from '../otlp/damage-suite.ts'
import { decodeGraphite } from './graphite-lines.ts'

const seed = 20_261_123
const receivedMs = 1_800_000_000_123
let series: SeriesTable
beforeAll(async () => {
  series = (await createSeriesTables()).of(defaultTenant)
})

function decode(...lines: string[]) {
  const bytes = Buffer.from(lines.join('\n'))
  return decodeGraphite([{ bytes, receivedMs }], { series, receiver: 'graphite', receivedBytes: 1 })
}

describe('decodeGraphite', () => {
  it.each<[string, string, Record<string, string>, number, number]>([
    ['a line', 'servers.web-1.cpu 0.5 1700000000', { __name__: 'servers_web_1_cpu' }, 0.5, 1_700_000_000_000],
    [
      'tags',
      'disk.used;host=a;dc=b=c 7 1700000000',
      { __name__: 'disk_used', host: 'a', dc: 'b=c' },
      7,
      1_700_000_000_000,
    ],
    ['a time with a fraction', 'a 1 1700000000.25', { __name__: 'a' }, 1, 1_700_000_000_250],
    ['-1 for now', 'a -1e3 -1', { __name__: 'a' }, -1000, receivedMs],
    ['N for now', 'a 1 N', { __name__: 'a' }, 1, receivedMs],
    ['no time', 'a 1', { __name__: 'a' }, 1, receivedMs],
    ['tabs and blanks around', ' a\t1   1700000000 ', { __name__: 'a' }, 1, 1_700_000_000_000],
    ['a path that begins with a digit', '1m.load 1 1700000000', { __name__: '_1m_load' }, 1, 1_700_000_000_000],
  ])('reads %s', (_name, line, labels, value, timestampMs) => {
    const batch = decode(line)
    expect(batch.decodeRejections).toEqual([])
    expect(Object.fromEntries(labelsOfCanonical(series.labelBytes(batch.ref[0])))).toEqual(labels)
    expect([batch.value[0], batch.timestampMs[0]]).toEqual([value, timestampMs])
  })

  it.each([
    ['a', 'expected PATH VALUE TIMESTAMP'],
    ['a 1 2 3', 'expected PATH VALUE TIMESTAMP'],
    ['a nan 1700000000', 'value is "nan"'],
    ['a 0x1 1700000000', 'value is "0x1"'],
    [`a ${'1'.repeat(1_000_000)}x 1700000000`, 'value is "111'],
    ['a 1 yesterday', 'timestamp is "yesterday"'],
    ['a 1 -5', 'timestamp is "-5"'],
    ['a 1 99999999999999', 'timestamp is "99999999999999"'],
    ['a;b 1 1', 'tag is "b"'],
    ['a;b= 1 1', 'tag is "b="'],
    ['... 1 1', 'nothing of the path'],
  ])('rejects %#: a line that is none, alone', (line, message) => {
    const batch = decode('x 1 1700000000', line, 'y 2 1700000000')
    expect(batch.rowCount).toBe(2)
    expect(batch.decodeRejections).toMatchObject([
      { reason: 'malformed', count: 1, sample: expect.stringContaining(`line 2: ${message}`) },
    ])
  })

  it('makes of every line a sample or a rejection, whatever is damaged', () => {
    const good = Buffer.from('disk.used;host=a;dc=b 7.5 1700000000')
    fc.assert(
      fc.property(damages, (list) => {
        const text = damaged(good, list).toString()
        const batch = decode(text)
        const lines = text.split('\n').filter((line) => /[^\0-\x20]/.test(line))
        expect(batch.rowCount + batch.decodeRejections.reduce((sum, { count }) => sum + count, 0)).toBe(lines.length)
      }),
      { seed, numRuns: 3000 },
    )
  })
})
