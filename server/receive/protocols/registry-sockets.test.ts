import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { packed } from '../../decode/wire/msgpack-writer.ts'
import { describeSocketReceiver, type SocketCase } from '../sockets/socket-suite.ts'
import { fluentForward } from './fluent-forward.ts'
import { graphite } from './graphite.ts'
import { receivers } from './registry.ts'
import { statsd } from './statsd.ts'
import { syslog } from './syslog.ts'

const cases: readonly [string, SocketCase][] = [
  [
    'syslog',
    {
      receiver: syslog,
      message: (i) => {
        const text = `<13>1 2026-11-23T12:00:00Z host app - - - message ${i}`
        return Buffer.from(i % 2 === 0 ? `${text}\n` : `${text.length} ${text}`)
      },
      packet: (i) => Buffer.from(`<13>Nov 23 12:00:00 host app: message ${i}\n`),
      rows: 1,
      tooLong: Buffer.from(`<13>${'x'.repeat(5000)}\n`),
      broken: { bytes: Buffer.from('no syslog\n<999>\n'), after: 'kept', rows: 2 },
    },
  ],
  [
    'StatsD, events (metrics are added up, so that rows do not follow lines)',
    {
      receiver: statsd,
      message: (i) => Buffer.from(`_e{2,5}:e${i % 10}|hello|t:info\n`),
      packet: (i) => Buffer.from(`_e{2,5}:e${i % 10}|hello|t:info`),
      rows: 1,
      tooLong: Buffer.from(`${'x'.repeat(5000)}\n`),
      broken: { bytes: Buffer.from('no metric\na:b|c\n'), after: 'kept', rows: 0 },
    },
  ],
  [
    'Graphite',
    {
      receiver: graphite,
      message: (i) => Buffer.from(`load.host${i % 5};dc=a ${i} -1\n`),
      packet: null,
      rows: 1,
      tooLong: Buffer.from(`${'x'.repeat(5000)}\n`),
      broken: { bytes: Buffer.from('no line of it\n'), after: 'kept', rows: 0 },
    },
  ],
  [
    'Fluent forward',
    {
      receiver: fluentForward,
      message: (i) =>
        packed([
          'app',
          [
            [1_800_000_000, { message: `${i}` }],
            [null, { message: 'b' }],
          ],
          { chunk: `c${i}` },
        ]),
      packet: null,
      rows: 2,
      tooLong: { optOut: 'a chunk may have 20 MiB; beyond, the connection is closed' },
      broken: { bytes: packed('no request'), after: 'closed', rows: 0 },
    },
  ],
]

for (const [name, given] of cases) describeSocketReceiver(name, given)

describe('registry of receivers on sockets', () => {
  it('has the contract suite run over every one', () => {
    const listening = receivers.filter(({ kind }) => kind === 'socket')
    expect(new Set(cases.map(([, { receiver }]) => receiver))).toEqual(new Set(listening))
  })
})
