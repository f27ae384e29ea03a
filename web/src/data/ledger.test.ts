import { describe, expect, it } from 'vitest'
import {
  ageWords,
  type LedgerRow,
  latelyRows,
  ledgerRows,
  ledgerTotal,
  ofKey,
  silentReceivers,
  titleOf,
} from './ledger.ts'

const entry = (change: Partial<LedgerRow>): LedgerRow => ({
  ...{ tenant: 'default', signal: 'logs', receiver: 'otlp_http', received: 10, received_bytes: 100, stored: 8 },
  ...{ waiting: 1, rejected: 1, rejections: [], holds: true, last_received_at: '2026-11-23T14:00:00Z' },
  ...{ title: 'OTLP over HTTP', senders: 1 },
  lately: { received: 3, stored: 2, rejected: 1, received_course: [] },
  ...change,
})

describe('the ledger', () => {
  it('shows what people send first', () => {
    const entries = [entry({ tenant: '_system', received: 99 }), entry({ received: 5 }), entry({ received: 50 })]
    expect(ledgerRows({ holds: true, entries, receivers: [] }).map(({ received }) => received)).toEqual([50, 5, 99])
  })

  it('adds up', () => {
    const total = ledgerTotal([entry({}), entry({ received: 90, stored: 90, waiting: 0, rejected: 0 })])
    expect(total.received).toBe(total.stored + total.waiting + total.rejected)
  })

  it('counts the last minutes beside what waits now', () => {
    const [row] = latelyRows([entry({ received: 90, stored: 80, rejected: 9 })])
    expect(row).toMatchObject({ received: 3, stored: 2, rejected: 1, waiting: 1 })
  })

  it('names receivers as the server does, and itself', () => {
    expect(titleOf(entry({}))).toBe('OTLP over HTTP')
    expect(titleOf(entry({ receiver: 'own_telemetry', title: 'own telemetry' }))).toBe('Sightline itself')
  })

  it('tells what is open and silent', () => {
    const receivers = ['otlp_http', 'zipkin'].map((receiver) => ({ receiver, title: receiver, listens_at: [] }))
    const silent = silentReceivers({ holds: true, entries: [entry({})], receivers })
    expect(silent.map(({ receiver }) => receiver)).toEqual(['zipkin'])
  })

  it('knows what came with a key', () => {
    const entries = [entry({ key: 'shop' }), entry({ key: '' }), entry({ key: 'till', received: 5 })]
    expect(ofKey({ holds: true, entries, receivers: [] }, 'till').map(({ received }) => received)).toEqual([5])
  })

  it('says how long ago', () => {
    expect(ageWords('2026-11-23T14:00:00Z', Date.parse('2026-11-23T14:00:04.02Z'))).toBe('4 s')
    expect(ageWords(null, 0)).toBe('–')
  })
})
