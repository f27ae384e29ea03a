import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { defaultTenant } from '../model/tenant.ts'
import { encodeRecord, type LogRecord, scanLog } from './record.ts'

const key = { tenant: defaultTenant, signal: 'logs' } as const
const source = { sender: 'OTel-OTLP-Exporter-Python/1.38.0', accessKey: 'Ladenkasse Ü' }

function commit(counts: Extract<LogRecord, { blocks: unknown }>['blocks'][number]['counts']): LogRecord {
  const place = { table: 'logs', segment: '00000001-aabbccddeeff', offset: 0, length: 7, rows: 3 }
  return { kind: 'commit', arrivedMs: 1234, blocks: [{ ...place, checksum: 0x0123456789abcdefn, counts }] }
}

/** Written by the program before rows were counted by sender and key: a commit and a removal. */
const ofVersion1 = Buffer.from(
  '534c4a316400000014703e71a3e06b6b0102000000000048934001000000046c6f67731530303030303030312d616162626363646465656666' +
    '000000000700000003000000efcdab8967452301020000000100000001096f746c705f68747470020000000100000001067379736c6f6701000000' +
    '534c4a31090000000aa0cdf799fa58a40103046c6f67730173',
  'hex',
)

describe('records of the commit log', () => {
  it('keep sender and key of the counts', () => {
    const record = commit([
      { key: { ...key, receiver: 'otlp_http', source }, rows: 2 },
      { key: { ...key, receiver: 'syslog' }, rows: 1 },
    ])
    expect(scanLog(encodeRecord(record)).records.map((one) => one.record)).toEqual([record])
  })

  it('hold the longest names there are', () => {
    const longest = { sender: 'x'.repeat(64), accessKey: 'ü'.repeat(100) }
    const record = commit([{ key: { ...key, receiver: 'otlp_http', source: longest }, rows: 3 }])
    expect(scanLog(encodeRecord(record)).records[0].record).toEqual(record)
  })

  it('of version 1 are read beside those of version 2, without sender and key', () => {
    const newer = commit([{ key: { ...key, receiver: 'otlp_http', source }, rows: 3 }])
    const { records, gaps } = scanLog(Buffer.concat([ofVersion1, encodeRecord(newer)]))
    const older = commit([
      { key: { ...key, receiver: 'otlp_http' }, rows: 2 },
      { key: { ...key, receiver: 'syslog' }, rows: 1 },
    ])
    expect(records.map(({ record }) => record)).toEqual([
      older,
      { kind: 'removed', table: 'logs', segment: 's' },
      newer,
    ])
    expect(gaps).toEqual([])
  })
})
