import { readFile } from 'node:fs/promises'
import { Client } from 'pg'

/** Rebuilds the schema `shop` with its first rows. What else is in the database is left alone. */
export async function prepareDatabase(url: string): Promise<void> {
  const sql = await readFile(new URL('schema.sql', import.meta.url), 'utf8')
  const client = new Client({ connectionString: url, application_name: 'shop-launcher' })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
