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
/** Share of payments that the bank declines, and of those that the fallback cannot carry. */
const declinedShare = 0.015
const refusedShare = 0.03

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
  request.resume()
  await pause(slow ? slowLeastMs + random() * slowSpreadMs : leastMs + random() * spreadMs)
  const reference = `BANK-${Math.floor(random() * 1e12).toString(36)}`
  if (request.url === '/v1/authorizations')
    return reply(response, 200, { approved: random() >= declinedShare, reference })
  if (request.url === '/v1/fallback-authorizations') {
    if (random() < refusedShare) return reply(response, 503, { error: 'the fallback processor is over its limit' })
    return reply(response, 200, { approved: true, reference: `FB-${reference}` })
  }
  reply(response, 404, { error: 'unknown path' })
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
