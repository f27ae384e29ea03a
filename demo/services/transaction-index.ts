import type { Logger } from 'pino'
import { openConnection } from '../process/database.ts'

/** The migration that starts the incident: the index looked unused, and every read of a customer's history needs it. */
export async function dropHistoryIndex(url: string, log: Logger): Promise<void> {
  await migrate(url, 'DROP INDEX IF EXISTS transactions_customer')
  log.info({ migration: '0042' }, 'Applied migration 0042: drop index transactions_customer')
}

export async function restoreHistoryIndex(url: string, log: Logger): Promise<void> {
  await migrate(url, 'CREATE INDEX IF NOT EXISTS transactions_customer ON transactions (customer_id)')
  log.info({ migration: '0042' }, 'Reverted migration 0042: create index transactions_customer')
}

/** Runs beside the pool: the way out of the incident must not wait behind it. */
async function migrate(url: string, sql: string): Promise<void> {
  const client = openConnection(url, 'payment-migration')
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
