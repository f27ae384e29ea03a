import { type Agent, request } from 'node:http'

/** One person in the shop. */
export interface Shopper {
  /** Does the next thing: one request. Never rejects; a failure is answered as people do, by starting again. */
  step(): Promise<void>
}

interface Surroundings {
  readonly gatewayPort: number
  readonly agent: Agent
  /** Numbers in [0, 1). */
  readonly random: () => number
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

/** Ways to pay, by how often they are chosen. */
const methods = ['card', 'card', 'card', 'card', 'paypal', 'paypal', 'invoice', 'gift_card']
const customers = 500
const products = 24
/** The answer is waited for so long, ms. */
const patienceMs = 15_000

/** A shopper whose visits follow one another: log in, look, add to the cart, look again, pay. */
export function createShopper({ gatewayPort, agent, random }: Surroundings): Shopper {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]
  const sku = () => `SKU-${String(1 + Math.floor(random() * products)).padStart(3, '0')}`
  let visit: Iterator<() => Promise<Answer>> = iterate()

  function* iterate(): Generator<() => Promise<Answer>, void> {
    const sessionId = `session-${Math.floor(random() * 1e12).toString(36)}`
    let token = ''
    const send = (method: 'GET' | 'POST', path: string, body?: object) => () =>
      ask({ method, path, body, headers: { 'x-session-id': sessionId, authorization: `Bearer ${token}` } })
    const customerId = 1 + Math.floor(random() * customers)
    yield () =>
      send('POST', '/api/login', { customerId })().then((answer) => {
        token = (answer.body as { token: string }).token
        return answer
      })
    yield send('GET', '/api/products')
    for (let wanted = 1 + Math.floor(random() * 2); wanted > 0; wanted--) {
      yield send('GET', `/api/products/${sku()}`)
      yield send('POST', '/api/cart/items', { sku: sku(), quantity: 1 + Math.floor(random() * 3) })
    }
    yield send('GET', '/api/cart')
    if (random() < 0.85) yield send('POST', '/api/checkout', { method: pick(methods) })
  }

  function ask(options: { method: string; path: string; body?: object; headers: Record<string, string> }) {
    const { body, ...rest } = options
    return new Promise<Answer>((resolve, reject) => {
      const outgoing = request(
        { ...rest, host: '127.0.0.1', port: gatewayPort, agent, signal: AbortSignal.timeout(patienceMs) },
        (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('error', reject)
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(parts).toString()) }),
          )
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  return {
    async step() {
      const next = visit.next()
      if (next.done) {
        visit = iterate()
        return
      }
      // A person who is turned away at the door or in the middle comes back later, from the beginning.
      const answer = await next.value().catch(() => undefined)
      if (answer === undefined || answer.status >= 400) visit = iterate()
    },
  }
}
