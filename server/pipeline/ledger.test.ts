import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RejectReason } from '../model/batch.ts'
import type { LedgerGrouping, LedgerKey } from '../model/ledger.ts'
import { signals } from '../model/signal.ts'
import type { TenantId } from '../model/tenant.ts'
import { createLedger } from './ledger.ts'
import { maxSourcesPerTenant } from './source-names.ts'

const clock = { nowMs: () => 1_700_000_000_000, after: () => () => {} }
const key: LedgerKey = { tenant: 1 as TenantId, signal: 'logs', receiver: 'otlp_http' }

/** A request on its way through the process: each is a list of steps that must keep their order. */
interface Journey {
  readonly key: LedgerKey
  readonly rows: number
  readonly rejected: number
  readonly fate: 'stored' | 'returned' | 'waiting' | 'recovered'
}

const journeys = fc.array(
  fc.record({
    key: fc.record({
      tenant: fc.constantFrom(1, 2).map((id) => id as TenantId),
      signal: fc.constantFrom(...signals),
      receiver: fc.constantFrom('otlp_http', 'otlp_grpc'),
      source: fc.option(
        fc.record({ sender: fc.constantFrom('', 'curl/8', 'agent/1'), accessKey: fc.constantFrom('', 'shop', 'till') }),
        { nil: undefined },
      ),
    }),
    rows: fc.integer({ min: 0, max: 1000 }),
    rejected: fc.integer({ min: 0, max: 1000 }),
    fate: fc.constantFrom<Journey['fate']>('stored', 'returned', 'waiting', 'recovered'),
  }),
  { maxLength: 20 },
)

const groupings: readonly LedgerGrouping[] = ['receiver', 'sender', 'key']

type Ledger = ReturnType<typeof createLedger>

function stepsOf(journey: Journey): ((ledger: Ledger) => void)[] {
  const { rows, fate } = journey
  const rejected = Math.min(journey.rejected, rows)
  const reason: RejectReason = 'too_old'
  const reject = (ledger: Ledger) => ledger.rejected(journey.key, { reason, count: rejected, sample: 'x' })
  const receive = (ledger: Ledger) => ledger.received(journey.key, rows, 10)
  const store = (ledger: Ledger) => ledger.stored(journey.key, rows - rejected)
  if (fate === 'returned') return [receive, (ledger) => ledger.returned(journey.key, rows, 10)]
  if (fate === 'waiting') return [receive, reject]
  if (fate === 'recovered')
    return [(ledger) => ledger.recovered(journey.key, rows), (ledger) => ledger.stored(journey.key, rows)]
  return rows % 2 === 0 ? [receive, reject, store] : [receive, store, reject]
}

describe('ledger', () => {
  it('holds received = stored + rejected + waiting, none of them negative, at every step of any interleaving', () => {
    fc.assert(
      fc.property(journeys, fc.infiniteStream(fc.nat()), (list, picks) => {
        const ledger = createLedger(clock)
        const queues = list.map(stepsOf)
        while (queues.some((queue) => queue.length > 0)) {
          const open = queues.filter((queue) => queue.length > 0)
          open[picks.next().value % open.length].shift()?.(ledger)
          for (const entry of groupings.flatMap((by) => ledger.entries(by))) {
            expect(entry.receivedRows).toBe(entry.storedRows + entry.rejectedRows + entry.waitingRows)
            expect(entry.rejectedRows).toBe(entry.rejections.reduce((sum, { count }) => sum + count, 0))
            expect(Math.min(entry.waitingRows, entry.storedRows, entry.receivedRows)).toBeGreaterThanOrEqual(0)
          }
        }
        const sumOf = (by: LedgerGrouping) =>
          ledger.entries(by).reduce((all, { receivedRows }) => all + receivedRows, 0)
        expect([sumOf('sender'), sumOf('key')]).toEqual([sumOf('receiver'), sumOf('receiver')])
        const waiting = list.filter(({ fate }) => fate === 'waiting')
        expect(ledger.entries().reduce((sum, { waitingRows }) => sum + waitingRows, 0)).toBe(
          waiting.reduce((sum, { rows, rejected }) => sum + rows - Math.min(rejected, rows), 0),
        )
      }),
      { seed: 3, numRuns: 200 },
    )
  })

  it('keeps per reason the count, the newest example and its time', () => {
    let nowMs = 1000
    const ledger = createLedger({ ...clock, nowMs: () => nowMs })
    ledger.received(key, 10, 500)
    ledger.rejected(key, { reason: 'too_old', count: 2, sample: 'logs[0]: first' })
    nowMs = 2000
    ledger.rejected(key, { reason: 'too_old', count: 1, sample: 'logs[7]: second' })
    ledger.stored(key, 4)
    expect(ledger.entries()).toEqual([
      {
        ...key,
        source: { sender: '', accessKey: '' },
        senders: 0,
        receivedRows: 10,
        receivedBytes: 500,
        storedRows: 4,
        rejectedRows: 3,
        waitingRows: 3,
        rejections: [{ reason: 'too_old', count: 3, sample: 'logs[7]: second', lastUnixMs: 2000 }],
        lastReceivedUnixMs: 1000,
        lately: { receivedRows: 10, storedRows: 4, rejectedRows: 3, receivedCourse: Array(30).fill(0) },
      },
    ])
  })

  it('sums by sender or by key what came over one receiver, and has no line for a name alone by receiver', () => {
    const ledger = createLedger(clock)
    const from = (sender: string, accessKey: string): LedgerKey => ({ ...key, source: { sender, accessKey } })
    ledger.received(from('curl/8', 'shop'), 1, 10)
    ledger.received(from('curl/8', 'till'), 2, 10)
    ledger.received(from('agent/1', 'shop'), 4, 10)
    ledger.received(key, 8, 10)
    const lines = (by: LedgerGrouping) =>
      ledger.entries(by).map(({ source, receivedRows }) => [source?.sender, source?.accessKey, receivedRows])
    expect(ledger.entries('key').map(({ senders }) => senders)).toEqual([2, 1, 0])
    expect(lines('receiver')).toEqual([['', '', 15]])
    expect(lines('sender')).toEqual([
      ['curl/8', '', 3],
      ['agent/1', '', 4],
      ['', '', 8],
    ])
    expect(lines('key')).toEqual([
      ['', 'shop', 5],
      ['', 'till', 2],
      ['', '', 8],
    ])
  })

  it('meets received and stored rows of a sender beyond the bound under other, also where the journal names it', () => {
    const ledger = createLedger(clock)
    for (let i = 0; i <= maxSourcesPerTenant; i++)
      ledger.recovered({ ...key, source: { sender: `s${i}`, accessKey: '' } }, 1)
    ledger.stored({ ...key, source: { sender: `s${maxSourcesPerTenant}`, accessKey: '' } }, 1)
    const entries = ledger.entries('sender')
    expect(entries).toHaveLength(maxSourcesPerTenant + 1)
    expect(entries.at(-1)).toMatchObject({
      source: { sender: 'other' },
      receivedRows: 1,
      storedRows: 1,
      waitingRows: 0,
    })
  })
})
