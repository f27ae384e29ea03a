import { SpanStatusCode, trace } from '@opentelemetry/api'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import { readHistory } from './payment-history.ts'

/** A run begins this often, ms, whether the last one has ended or not: that is the trap the slow query springs. */
const runEveryMs = 500
/** Customers looked at in a run, all at once. */
const customersPerRun = 5
/** Customers that the shop is opened with. */
const customers = 500

const tracer = trace.getTracer('shop.payment')

/** Compares recent transactions with the bank's ledger, customer by customer. Result: a function that ends it. */
export function startReconciling(tools: { database: Pool; log: Logger }): () => void {
  let next = 0
  const timer = setInterval(() => {
    const chosen = Array.from({ length: customersPerRun }, (_, i) => 1 + ((next + i) % customers))
    next += customersPerRun
    void reconcile(tools, chosen)
  }, runEveryMs)
  return () => clearInterval(timer)
}

function reconcile(tools: { database: Pool; log: Logger }, chosen: readonly number[]): Promise<void> {
  return tracer.startActiveSpan('reconcile transactions', async (span) => {
    const read = await Promise.allSettled(chosen.map((customerId) => readHistory(tools, customerId)))
    const failed = read.filter(({ status }) => status === 'rejected').length
    span.setAttributes({ 'reconciliation.customers': chosen.length, 'reconciliation.skipped': failed })
    if (failed > 0) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: `${failed} of ${chosen.length} customers skipped` })
      tools.log.warn({ skipped: failed, customers: chosen.length }, 'Reconciliation skipped customers')
    }
    span.end()
  })
}
