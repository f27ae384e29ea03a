import type { Pool } from 'pg'
import { HttpProblem } from '../process/http-problem.ts'
import type { ServiceDefinition } from '../process/service.ts'
import type { CartItem } from './orders.ts'

interface Product {
  readonly sku: string
  readonly name: string
  readonly priceCents: number
  readonly available: number
}

/** Rounds of the ranking: about 5 ms of real work for each answer, so that a CPU taken away is felt. */
const rankingRounds = 60_000

/** Knows what is for sale, what is in stock, and reserves it. */
export const inventory: ServiceDefinition = {
  poolSize: 4,
  start({ database, log }) {
    return {
      routes: [
        {
          ...{ method: 'GET', path: '/products' },
          async handle() {
            const { rows } = await database.query<Product>(`${productSql} ORDER BY sku`)
            return { body: { products: rank(rows) } }
          },
        },
        {
          ...{ method: 'GET', path: '/products/:sku' },
          async handle({ params }) {
            const { rows } = await database.query<Product>(`${productSql} WHERE sku = $1`, [params.sku])
            if (rows.length === 0) throw new HttpProblem(404, `there is no product ${params.sku}`)
            return { body: rank(rows)[0] }
          },
        },
        {
          ...{ method: 'POST', path: '/reservations' },
          async handle({ body }) {
            const { orderId, items } = body as { orderId: string; items: readonly CartItem[] }
            const restocked = await reserve(database, items)
            if (restocked > 0) log.warn({ orderId, products: restocked }, 'Stock was empty and has been filled up')
            log.info({ orderId, items: items.length }, `Reserved stock for order #${orderId}`)
            return { status: 201, body: { reserved: items.length } }
          },
        },
      ],
    }
  },
}

const productSql = 'SELECT sku, name, price_cents AS "priceCents", available FROM products'

/** Takes the items off the stock in one transaction. Result: how many products ran out and were filled up. */
async function reserve(database: Pool, items: readonly CartItem[]): Promise<number> {
  const client = await database.connect()
  try {
    await client.query('BEGIN')
    let restocked = 0
    // In the order of the sku, so that two reservations never wait for each other.
    for (const { sku, quantity } of [...items].sort((a, b) => a.sku.localeCompare(b.sku))) {
      const { rows } = await client.query<{ restocked: boolean }>(
        `UPDATE products SET available = CASE WHEN available < $2 THEN 500 ELSE available - $2 END
         WHERE sku = $1 RETURNING available = 500 AS restocked`,
        [sku, quantity],
      )
      if (rows[0]?.restocked) restocked += 1
    }
    await client.query('COMMIT')
    return restocked
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  } finally {
    client.release()
  }
}

/** Orders products by a score that favours what is in stock; the smoothing is the service's honest work. */
function rank(products: readonly Product[]): Product[] {
  const rounds = Math.ceil(rankingRounds / products.length)
  const scored = products.map((product) => {
    let score = product.available + 1
    for (let i = 1; i <= rounds; i++) score = Math.sqrt(score * (1 + Math.abs(Math.sin(score + i))))
    return { product, score }
  })
  return scored.sort((a, b) => b.score - a.score).map(({ product }) => product)
}
