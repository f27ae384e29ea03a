import { describe, expect, it } from 'vitest'
import { ageWords, type LedgerRow, latelyRows, ledgerRows, ledgerTotal, receiverWords } from './ledger.ts'

const entry = (change: Partial<LedgerRow>): LedgerRow => ({
  ...{ tenant: 'default', signal: 'logs', receiver: 'otlp_http', received: 10, received_bytes: 100, stored: 8 },
  ...{ waiting: 1, rejected: 1, rejections: [], holds: true, last_received_at: '2026-11-23T14:00:00Z' },
  lately: { received: 3, stored: 2, rejected: 1 },
  ...change,
})

describe('the ledger', () => {
  it('shows what people send first', () => {
    const entries = [entry({ tenant: '_system', received: 99 }), entry({ received: 5 }), entry({ received: 50 })]
    expect(ledgerRows({ holds: true, entries }).map(({ received }) => received)).toEqual([50, 5, 99])
  })

  it('adds up', () => {
    const total = ledgerTotal([entry({}), entry({ received: 90, stored: 90, waiting: 0, rejected: 0 })])
    expect(total.received).toBe(total.stored + total.waiting + total.rejected)
  })

  it('counts the last minutes beside what waits now', () => {
    const [row] = latelyRows([entry({ received: 90, stored: 80, rejected: 9 })])
    expect(row).toMatchObject({ received: 3, stored: 2, rejected: 1, waiting: 1 })
  })

  it('names receivers, also those it does not know', () => {
    expect(receiverWords('otlp_grpc')).toBe('OTLP over gRPC')
    expect(receiverWords('brand_new')).toBe('brand new')
  })

  it('says how long ago', () => {
    expect(ageWords('2026-11-23T14:00:00Z', Date.parse('2026-11-23T14:00:04.02Z'))).toBe('4 s')
    expect(ageWords(null, 0)).toBe('–')
  })
})
