import { fastify } from 'fastify'
import { Agent, request } from 'undici'
import { createSeriesTables } from '../model/series-interner.ts'
import { defaultTenant } from '../model/tenant.ts'
import { createLedger } from '../pipeline/ledger.ts'
import { systemClock } from '../runtime/clock.ts'
import { silentLogger } from '../runtime/logger.ts'
import { registerHttpReceivers } from './http-routes.ts'
import { createInFlight } from './in-flight.ts'
import type { HttpReceiver, ReceiverContext } from './receiver.ts'
import { RecordingSink } from './recording-sink-suite.ts'

interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** One receiver on a port of its own, for tests of what is its own: probes, answers, tokens. */
export interface ServedReceiver {
  readonly sink: RecordingSink
  readonly context: ReceiverContext
  ask(method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE', path: string, asked?: Asked): Promise<Answered>
  /** `Authorization` as the last request was judged by. */
  authorization(): string | undefined
  close(): Promise<void>
}

export async function serveReceiver(receiver: HttpReceiver): Promise<ServedReceiver> {
  const sink = new RecordingSink()
  const tables = await createSeriesTables()
  const context = { sink, tables, ledger: createLedger(systemClock), clock: systemClock, logger: silentLogger() }
  const app = fastify({ routerOptions: { ignoreTrailingSlash: true } })
  let authorization: string | undefined
  await registerHttpReceivers(app, [receiver], {
    context,
    authorizeIngest(headers) {
      authorization = headers.authorization
      return { tenant: defaultTenant }
    },
    inFlight: createInFlight(),
    listener: 'api',
  })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const dispatcher = new Agent()
  return {
    sink,
    context,
    async ask(method, path, { headers = {}, body } = {}) {
      const sent = body === undefined ? null : Buffer.from(body)
      const answer = await request(`${origin}${path}`, { method, headers, body: sent, dispatcher })
      return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
    },
    authorization: () => authorization,
    close: () => dispatcher.close().then(() => app.close()),
  }
}
