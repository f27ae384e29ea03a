/**
 * The bank: somebody else's service. No telemetry comes from it; what is known of it is what its callers see.
 * Environment: `SHOP_SEED`, `SHOP_PORT` (after a restart).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { followLauncher } from '../process/launcher-link.ts'
import { createRandom } from './random.ts'

/** Time the bank takes, ms: at least, and up to so much more. */
const leastMs = 20
const spreadMs = 40
/** With the fault on, so much longer, ms. */
const slowLeastMs = 1_500
const slowSpreadMs = 1_000
/** Of 1,000 orders the bank declines so many, and the fallback cannot carry so many. */
const declinedPerMille = 15
const refusedPerMille = 30

const random = createRandom(Number(process.env.SHOP_SEED ?? 1) + 7)
let slow = false

const server = createServer((request, response) => void answer(request, response))
server.keepAliveTimeout = 60_000
server.listen(Number(process.env.SHOP_PORT ?? 0), '127.0.0.1', () => {
  followLauncher((server.address() as AddressInfo).port, {
    begin: () => {},
    switchFault: (name, active) => {
      if (name !== 'slow-dependency') throw new Error(`the bank has no fault ${name}`)
      slow = active
    },
  })
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { orderId } = await readOrder(request)
  await pause(slow ? slowLeastMs + random() * slowSpreadMs : leastMs + random() * spreadMs)
  const reference = `BANK-${Math.floor(random() * 1e12).toString(36)}`
  if (request.url === '/v1/authorizations')
    return reply(response, 200, { approved: lot(orderId) >= declinedPerMille, reference })
  if (request.url === '/v1/fallback-authorizations') {
    if (lot(orderId) < refusedPerMille)
      return reply(response, 503, { error: 'the fallback processor is over its limit' })
    return reply(response, 200, { approved: true, reference: `FB-${reference}` })
  }
  reply(response, 404, { error: 'unknown path' })
}

/** A number of 0 to 999 that is always the same for an order: whoever tries again meets the same bank. */
function lot(orderId: string): number {
  return (Number(orderId) * 7_919) % 1_000
}

async function readOrder(request: IncomingMessage): Promise<{ orderId: string }> {
  let text = ''
  for await (const part of request) text += String(part)
  return JSON.parse(text) as { orderId: string }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
