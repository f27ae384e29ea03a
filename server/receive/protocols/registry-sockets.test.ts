import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { describeSocketReceiver, type SocketCase } from '../sockets/socket-suite.ts'
import { receivers } from './registry.ts'
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
]

for (const [name, given] of cases) describeSocketReceiver(name, given)

describe('registry of receivers on sockets', () => {
  it('has the contract suite run over every one', () => {
    const listening = receivers.filter(({ kind }) => kind === 'socket')
    expect(new Set(cases.map(([, { receiver }]) => receiver))).toEqual(new Set(listening))
  })
})
