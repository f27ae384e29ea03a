import type { Pool } from 'pg'
import type { Logger } from 'pino'

/** The latest transactions of a customer. The condition on the page comes first because its rows may be cold. */
const historySql =
  'SELECT * FROM transactions WHERE read_page(cold_page) AND customer_id = $1 ORDER BY created_at DESC LIMIT 50'
/** A query that takes longer is worth a line in the log, ms. */
const slowQueryMs = 500

/** Reads what a customer bought before. Says so in the log when it took long. */
export async function readHistory(
  { database, log }: { database: Pool; log: Logger },
  customerId: number,
): Promise<number> {
  const client = await database.connect()
  try {
    const startedMs = performance.now()
    const { rowCount } = await client.query(historySql, [customerId])
    const durationMs = Math.round(performance.now() - startedMs)
    if (durationMs > slowQueryMs) log.error({ durationMs, customerId, rows: rowCount }, `Slow query: ${historySql}`)
    return rowCount ?? 0
  } finally {
    client.release()
  }
}
